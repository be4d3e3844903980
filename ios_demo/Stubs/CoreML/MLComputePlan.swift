import Foundation

public enum MLComputeDevice {
  case cpu(MLCPUComputeDevice)
  case gpu(MLGPUComputeDevice)
  case neuralEngine(MLNeuralEngineComputeDevice)
}

open class MLCPUComputeDevice: NSObject {}
open class MLGPUComputeDevice: NSObject {}
open class MLNeuralEngineComputeDevice: NSObject {}

public enum MLModelStructure {
  case program(Program)
  case unsupported

  public struct Program {
    public let functions: [String: Function]

    public struct Function { public let block: Block }
    public struct Block { public let operations: [Operation] }
    public struct Operation { public let operatorName: String }
  }
}

open class MLComputePlan {
  public struct DeviceUsage {
    public let supported: [MLComputeDevice]
    public let preferred: MLComputeDevice
  }

  public let modelStructure = MLModelStructure.unsupported

  public class func load(
    contentsOf url: URL, configuration: MLModelConfiguration
  ) async throws -> MLComputePlan { MLComputePlan() }

  open func deviceUsage(for operation: MLModelStructure.Program.Operation) -> DeviceUsage? { nil }
}
