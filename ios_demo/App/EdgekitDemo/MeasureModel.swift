import EdgekitBench
import EdgekitCore
import EdgekitCoreML
import Foundation
import Observation

/// What stands behind *Benchmark*: one file at one length, so many times.
@MainActor @Observable
final class MeasureModel {
  enum State {
    case idle
    case preparing
    case running
    case done(Measurement)
    case failed(String)

    var isBusy: Bool {
      switch self {
      case .preparing, .running: true
      default: false
      }
    }
  }

  /// Latencies of one file on this phone.
  struct Measurement: Encodable, Sendable {
    let file: String
    let runtime: String
    let length: Int
    let loadMs: Double
    let firstMs: Double
    /// Without the first, in the order of the runs.
    let latencyMs: [Double]

    private enum CodingKeys: String, CodingKey {
      case file, runtime, length
      case loadMs = "load_ms"
      case firstMs = "first_ms"
      case latencyMs = "latency_ms"
    }

    /// The latency that a share of the runs does not exceed.
    func quantile(_ share: Double) -> Double {
      let sorted = latencyMs.sorted()
      return sorted[Int((Double(sorted.count - 1) * share).rounded())]
    }
  }

  /// What may be chosen for ``runs``.
  static let counts = [10, 50, 200]

  let bundle: EdgekitBundle
  var file: String
  var units = ComputeUnits.all
  var length: Int
  /// Inferences, besides a first one.
  var runs = 50
  private(set) var state = State.idle
  private(set) var plan: [ComputePlan.Device: Int] = [:]

  init(bundle: EdgekitBundle) {
    self.bundle = bundle
    file = bundle.files.first?.file ?? ""
    length = bundle.files.first?.buckets?.last ?? bundle.manifest.maxLength
  }

  /// The lengths that the chosen file takes.
  var lengths: [Int] {
    (try? bundle.manifest.artifact(file))?.buckets ?? [bundle.manifest.maxLength]
  }

  func run() async {
    state = .preparing
    do {
      let artifact = try bundle.manifest.artifact(file)
      let clock = ContinuousClock()
      let start = clock.now
      let engine = try await Engines.open(artifact, of: bundle, units: units)
      let loadMs = (clock.now - start).milliseconds
      state = .running
      let row = [Int32](repeating: 1, count: length)
      let rows = Dictionary(uniqueKeysWithValues: artifact.inputs.map { ($0.name, row) })
      var latencyMs: [Double] = []
      for _ in 0...runs {
        let start = clock.now
        _ = try await engine.run(rows)
        latencyMs.append((clock.now - start).milliseconds)
      }
      await engine.close()
      plan = try await counts(artifact)
      state = .done(
        Measurement(
          file: file, runtime: engine.title, length: length, loadMs: loadMs,
          firstMs: latencyMs[0], latencyMs: Array(latencyMs.dropFirst())))
    } catch {
      state = .failed(error.line)
    }
  }

  /// How many operations Core ML means to run where.
  private func counts(_ artifact: Artifact) async throws -> [ComputePlan.Device: Int] {
    guard artifact.format == "coreml" else { return [:] }
    let function = (artifact.buckets?.count ?? 0) > 1 ? "seq_\(length)" : nil
    let compiled = try await Engines.compiled(artifact, of: bundle)
    return try await ComputePlan(compiled: compiled, function: function, units: units).counts
  }
}
