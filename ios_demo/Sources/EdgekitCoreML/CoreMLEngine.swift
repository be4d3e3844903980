import CoreML
import EdgekitCore
import Foundation

/// A compiled model whose functions are the buckets of the artifact.
///
/// A package for iOS 18 has a function `seq_N` for each length; it is opened when the first text of
/// that length comes. A package for older systems has one function without a name. All work is done
/// on a queue of its own, never on the main thread, and one inference at a time.
public actor CoreMLEngine: Engine {
  public nonisolated let title: String
  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  private let executor = QueueExecutor(label: "edgekit.coreml")
  private let compiled: URL
  private let units: ComputeUnits
  private let outputs: [String]
  private let functions: Set<String>
  private var models: [String: MLModel] = [:]

  /// Reads which functions a compiled model has; opens none yet.
  ///
  /// - Parameters:
  ///   - compiled: An `.mlmodelc`, see ``CompiledModels``.
  ///   - units: The processors that Core ML may use.
  ///   - outputs: The names of the outputs that ``run(_:)`` returns.
  /// - Throws: Core ML's error where the model cannot be read.
  public init(compiled: URL, units: ComputeUnits = .all, outputs: [String]) async throws {
    self.compiled = compiled
    self.units = units
    self.outputs = outputs
    title = "Core ML, \(units.title)"
    functions = try await Self.functions(of: compiled)
  }

  /// One inference.
  ///
  /// - Parameter inputs: By name, one row each, of a length that the model has a function for.
  /// - Returns: The outputs by name, in row-major order.
  /// - Throws: ``EdgekitError`` where Core ML fails or an output is missing.
  public func run(_ inputs: [String: [Int32]]) throws -> [String: [Float]] {
    let length = inputs.values.first?.count ?? 0
    do {
      let features = try inputs.mapValues { MLFeatureValue(multiArray: try .row($0)) }
      let answer = try model(length: length)
        .prediction(from: MLDictionaryFeatureProvider(dictionary: features))
      return try Dictionary(uniqueKeysWithValues: outputs.map { ($0, try answer.floats(of: $0)) })
    } catch {
      throw EdgekitError.runtimeFailed("\(title): \(error.localizedDescription)")
    }
  }

  /// Opens the function of a length, or the default one, which is slow the first time on a phone.
  public func open(length: Int?) throws {
    _ = try model(length: length)
  }

  public func prewarm() throws {
    let lengths = functions.compactMap(Self.length(of:)).sorted()
    for length in lengths { try open(length: length) }
    if lengths.isEmpty { try open(length: nil) }
  }

  public func close() {
    models.removeAll()
  }

  /// The function of a length, or the model's default one.
  private func model(length: Int?) throws -> MLModel {
    let function = length.map { "seq_\($0)" }.flatMap { functions.contains($0) ? $0 : nil }
    if let model = models[function ?? ""] { return model }
    let model = try MLModel(
      contentsOf: compiled, configuration: units.configuration(function: function))
    models[function ?? ""] = model
    return model
  }

  private static func functions(of compiled: URL) async throws -> Set<String> {
    Set(try await MLModelAsset(url: compiled).functionNames)
  }

  private static func length(of function: String) -> Int? {
    function.hasPrefix("seq_") ? Int(function.dropFirst("seq_".count)) : nil
  }
}

extension MLFeatureProvider {
  fileprivate func floats(of output: String) throws -> [Float] {
    guard let array = featureValue(for: output)?.multiArrayValue else {
      throw EdgekitError.runtimeFailed("the model has no output \(output): convert it again")
    }
    return try array.floats()
  }
}
