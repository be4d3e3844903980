/// A model file that a runtime has opened. It does one inference at a time.
public protocol Engine: Sendable {
  /// The runtime and its version, for people: `onnxruntime 1.31.1`.
  var title: String { get }

  /// One inference of one row.
  ///
  /// - Parameter inputs: By name, each of the same length; where the file has static lengths, it
  ///   is one of them.
  /// - Returns: By name, the outputs' values in row-major order.
  /// - Throws: ``EdgekitError/runtimeFailed(_:)`` where the runtime refuses them.
  func run(_ inputs: [String: [Int32]]) async throws -> [String: [Float]]

  /// Pays now what the first inference of each length costs more than later ones.
  func prewarm() async throws

  /// Frees the model.
  func close() async
}
