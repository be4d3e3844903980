import EdgekitCore
import Foundation

/// A file of the format `onnx`, open in ONNX Runtime by its C API.
///
/// The library is opened by its path, so a build needs nothing of it: on an iPhone that is the
/// framework that the app embeds, on Linux the one of the Python package. Telemetry is switched off
/// before it is loaded.
public actor OnnxEngine: Engine {
  public nonisolated let title: String
  private let outputs: [String]
  private var session: OnnxSession?

  /// Opens a model.
  ///
  /// - Parameters:
  ///   - model: An `.onnx` file.
  ///   - library: ONNX Runtime's shared library or framework binary.
  ///   - threads: How many an operator may use.
  ///   - outputs: The names of the outputs that ``run(_:)`` returns.
  /// - Throws: ``EdgekitError`` where the library or the model cannot be opened.
  public init(model: URL, library: URL, threads: Int = 1, outputs: [String]) throws {
    let session = try OnnxSession(model: model.path, library: library.path, threads: threads)
    title = "onnxruntime \(session.version)"
    self.outputs = outputs
    self.session = session
  }

  /// One inference.
  ///
  /// - Parameter inputs: By name, one row each, all of one length.
  /// - Returns: The outputs by name, in row-major order.
  /// - Throws: ``EdgekitError`` where the runtime fails, or the engine is closed.
  public func run(_ inputs: [String: [Int32]]) throws -> [String: [Float]] {
    guard let session else { throw EdgekitError.runtimeFailed("\(title) is closed") }
    return try session.run(inputs, outputs: outputs)
  }

  public func prewarm() {}

  public func close() {
    session = nil
  }
}
