import CoreML

/// The processors that Core ML may choose from.
public enum ComputeUnits: String, CaseIterable, Identifiable, Sendable {
  case all
  case cpuAndGPU
  case cpuAndNeuralEngine
  case cpuOnly

  public var id: Self { self }

  /// What people call the choice.
  public var title: String {
    switch self {
    case .all: "all compute units"
    case .cpuAndGPU: "CPU and GPU"
    case .cpuAndNeuralEngine: "CPU and Neural Engine"
    case .cpuOnly: "CPU only"
    }
  }

  var units: MLComputeUnits {
    switch self {
    case .all: .all
    case .cpuAndGPU: .cpuAndGPU
    case .cpuAndNeuralEngine: .cpuAndNeuralEngine
    case .cpuOnly: .cpuOnly
    }
  }

  /// A configuration for one function of a model.
  ///
  /// - Parameter function: Its name, or `nil` for a model that has but one. Core ML refuses a name
  ///   where the model is no ML Program with functions.
  func configuration(function: String?) -> MLModelConfiguration {
    let configuration = MLModelConfiguration()
    configuration.computeUnits = units
    configuration.functionName = function
    return configuration
  }
}
