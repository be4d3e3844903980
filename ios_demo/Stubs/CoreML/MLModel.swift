import EdgekitORT
import Foundation

/// What answers in Core ML's place: the file that `EDGEKIT_STANDIN` names.
private struct StandIn: Decodable {
  let library: String
  let model: String
  let outputs: [String]
  /// Of the package; empty where it has one function without a name.
  let functions: [String]

  static func read() throws -> StandIn {
    guard let path = ProcessInfo.processInfo.environment["EDGEKIT_STANDIN"] else {
      throw CocoaError(.fileNoSuchFile)
    }
    return try JSONDecoder().decode(Self.self, from: Data(contentsOf: URL(filePath: path)))
  }
}

open class MLModel: NSObject {
  public let configuration: MLModelConfiguration
  private let standIn: StandIn
  private let session: OnnxSession

  public init(contentsOf url: URL, configuration: MLModelConfiguration) throws {
    let standIn = try StandIn.read()
    let isKnown = configuration.functionName.map(standIn.functions.contains) ?? true
    guard url.pathExtension == "mlmodelc", isKnown else { throw CocoaError(.fileReadCorruptFile) }
    self.configuration = configuration
    self.standIn = standIn
    session = try OnnxSession(model: standIn.model, library: standIn.library, threads: 1)
  }

  public class func compileModel(at url: URL) async throws -> URL {
    let name = UUID().uuidString + ".mlmodelc"
    let made = FileManager.default.temporaryDirectory.appending(path: name)
    try FileManager.default.copyItem(at: url, to: made)
    return made
  }

  open func prediction(from input: any MLFeatureProvider) throws -> any MLFeatureProvider {
    var rows: [String: [Int32]] = [:]
    for name in input.featureNames {
      guard let array = input.featureValue(for: name)?.multiArrayValue, array.dataType == .int32,
        configuration.functionName.map({ $0 == "seq_\(array.shape[1])" }) ?? true
      else { throw CocoaError(.featureUnsupported) }
      rows[name] = array.withUnsafeBytes { Array($0.bindMemory(to: Int32.self)) }
    }
    let values = try session.run(rows, outputs: standIn.outputs).mapValues(Self.array)
    return try MLDictionaryFeatureProvider(dictionary: values)
  }

  /// Every other element of its storage is padding, as Core ML's own outputs may have it.
  private static func array(_ values: [Float]) -> MLFeatureValue {
    let array = MLMultiArray(
      shape: [1, NSNumber(value: values.count)], dataType: .float32,
      strides: [NSNumber(value: 2 * values.count), 2])
    array.withUnsafeMutableBytes { bytes, _ in
      let stored = bytes.bindMemory(to: Float.self)
      for (index, value) in values.enumerated() { stored[2 * index] = value }
    }
    return MLFeatureValue(multiArray: array)
  }
}

open class MLModelAsset: NSObject {
  public init(url: URL) throws {}

  open var functionNames: [String] {
    get async throws { try StandIn.read().functions }
  }
}
