import CoreML
import Foundation

/// Where Core ML means to run each operation of a function, as it says itself.
public struct ComputePlan: Sendable {
  /// A processor of the phone.
  public enum Device: String, CaseIterable, Sendable {
    case cpu = "CPU"
    case gpu = "GPU"
    case neuralEngine = "Neural Engine"
  }

  /// An operation and the processor that Core ML prefers for it.
  public struct Operation: Sendable {
    /// As the model names it, such as `ios17.matmul`.
    public let name: String
    public let device: Device
  }

  public let operations: [Operation]

  /// Asks Core ML for the plan of one function.
  ///
  /// - Parameters:
  ///   - compiled: An `.mlmodelc`. Of an `.mlpackage` the system's call ends the process.
  ///   - function: Its name; `nil` is the only one of a model without named functions.
  ///   - units: The processors that Core ML may use.
  /// - Throws: Core ML's error where it cannot make a plan.
  public init(compiled: URL, function: String?, units: ComputeUnits) async throws {
    precondition(compiled.pathExtension == "mlmodelc", "a plan needs a compiled model")
    let plan = try await MLComputePlan.load(
      contentsOf: compiled, configuration: units.configuration(function: function))
    guard case .program(let program) = plan.modelStructure else {
      operations = []
      return
    }
    let block = program.functions[function ?? "main"]?.block
    operations = (block?.operations ?? []).compactMap { operation in
      Device(plan.deviceUsage(for: operation)?.preferred).map {
        Operation(name: operation.operatorName, device: $0)
      }
    }
  }

  /// How many operations each processor gets. Constants are on none.
  public var counts: [Device: Int] {
    Dictionary(grouping: operations, by: \.device).mapValues(\.count)
  }
}

extension ComputePlan.Device {
  fileprivate init?(_ device: MLComputeDevice?) {
    switch device {
    case .cpu: self = .cpu
    case .gpu: self = .gpu
    case .neuralEngine: self = .neuralEngine
    default: return nil
    }
  }
}
