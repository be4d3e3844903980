// Stands in for Core ML where there is none: the app's code is type-checked against it, and its
// answers come from ONNX Runtime and the ONNX file of the same bundle. Only what EdgekitCoreML uses
// is here, with Apple's signatures as documented. A wrong stub passes wrong code: nothing here shows
// that Core ML itself takes a call, or what it answers.
import Foundation

public enum MLComputeUnits: Int, Sendable {
  case cpuOnly
  case cpuAndGPU
  case all
  case cpuAndNeuralEngine
}

open class MLModelConfiguration: NSObject {
  open var computeUnits: MLComputeUnits = .all
  open var functionName: String?
}

public enum MLMultiArrayDataType: Int, Sendable {
  case double = 0x10040
  case float32 = 0x10020
  case float16 = 0x10010
  case int32 = 0x20020

  var sizeBytes: Int { (rawValue & 0xFF) / 8 }
}

open class MLMultiArray: NSObject {
  public let shape: [NSNumber]
  public let strides: [NSNumber]
  public let dataType: MLMultiArrayDataType
  private let storage: UnsafeMutableRawBufferPointer

  public convenience init(shape: [NSNumber], dataType: MLMultiArrayDataType) throws {
    let sizes = shape.map(\.intValue)
    let strides = sizes.indices.map { sizes[($0 + 1)...].reduce(1, *) }
    self.init(shape: shape, dataType: dataType, strides: strides.map { NSNumber(value: $0) })
  }

  public init(shape: [NSNumber], dataType: MLMultiArrayDataType, strides: [NSNumber]) {
    self.shape = shape
    self.strides = strides
    self.dataType = dataType
    let last = zip(shape, strides).map { ($0.intValue - 1) * $1.intValue }.reduce(0, +)
    storage = .allocate(byteCount: (last + 1) * dataType.sizeBytes, alignment: 64)
    storage.initializeMemory(as: UInt8.self, repeating: 0)
  }

  deinit {
    storage.deallocate()
  }

  open func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try body(UnsafeRawBufferPointer(storage))
  }

  open func withUnsafeMutableBytes<R>(
    _ body: (UnsafeMutableRawBufferPointer, [Int]) throws -> R
  ) rethrows -> R {
    try body(storage, strides.map(\.intValue))
  }
}

open class MLFeatureValue: NSObject {
  public let multiArrayValue: MLMultiArray?

  public init(multiArray: MLMultiArray) {
    multiArrayValue = multiArray
  }
}

public protocol MLFeatureProvider {
  var featureNames: Set<String> { get }
  func featureValue(for featureName: String) -> MLFeatureValue?
}

open class MLDictionaryFeatureProvider: NSObject, MLFeatureProvider {
  private let values: [String: MLFeatureValue]

  public init(dictionary: [String: Any]) throws {
    values = dictionary.compactMapValues { $0 as? MLFeatureValue }
  }

  open var featureNames: Set<String> { Set(values.keys) }

  open func featureValue(for featureName: String) -> MLFeatureValue? { values[featureName] }
}
