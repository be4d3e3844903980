import EdgekitBench
import EdgekitCore
import EdgekitCoreML
import Foundation

#if canImport(UIKit)
  import UIKit
#endif

/// What happens at each launch before anything is drawn.
enum BenchmarkLaunch {
  /// Makes the contract's folders and, if this launch is a request, answers it and ends the app.
  static func begin() {
    let contract = BenchmarkContract(openers: ["coreml": openCoreML]) { await deviceState() }
    do {
      try contract.prepare()
      guard let request = try BenchmarkRequest() else { return }
      Task.detached {
        await stayAwake()
        do {
          print(try await contract.answer(request))
          exit(EXIT_SUCCESS)
        } catch {
          fail(error)
        }
      }
    } catch {
      fail(error)
    }
  }

  private static func fail(_ error: any Error) -> Never {
    print("edgekit: \(error.localizedDescription)")
    exit(EXIT_FAILURE)
  }

  /// Compiles a package once, by the name that tells its content, and times opening it.
  private static func openCoreML(
    _ file: BenchmarkFile
  ) async throws -> (engine: any Engine, milliseconds: Double) {
    let key = file.model.deletingPathExtension().lastPathComponent
    let compiled = try await CompiledModels().model(of: file.model, key: key)
    let engine = try await CoreMLEngine(compiled: compiled, outputs: file.outputs)
    let clock = ContinuousClock()
    let taken = try await clock.measure { try await engine.open(length: file.length) }
    return (engine, taken.milliseconds)
  }

  #if canImport(UIKit)
    @MainActor
    private static func stayAwake() {
      UIApplication.shared.isIdleTimerDisabled = true
    }

    @MainActor
    private static func deviceState() -> DeviceState {
      let device = UIDevice.current
      device.isBatteryMonitoringEnabled = true
      guard device.batteryState != .unknown else { return DeviceState() }
      return DeviceState(
        batteryPercent: Int((device.batteryLevel * 100).rounded()),
        plugged: device.batteryState != .unplugged)
    }
  #else
    private static func stayAwake() async {}

    private static func deviceState() async -> DeviceState { DeviceState() }
  #endif
}
