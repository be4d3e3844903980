#if canImport(CoreAI)
  import CoreAI
  import EdgekitCore
  import Foundation

  /// An `.aimodel` whose functions are the buckets of the artifact: `main_seq_32` and so on.
  ///
  /// Core AI specialises the asset for the phone when it is opened first, which may take long, and
  /// keeps what it made in a cache of its own.
  @available(iOS 27, macOS 27, *)
  public actor CoreAIEngine: Engine {
    public nonisolated let title = "Core AI"
    private let model: AIModel
    private let outputs: [String]
    private var functions: [Int: InferenceFunction] = [:]

    /// Opens an asset, without the weights of its functions.
    ///
    /// - Parameters:
    ///   - asset: An `.aimodel`, or the `.aimodelc` that Xcode's tools make of it.
    ///   - outputs: The names of the outputs that ``run(_:)`` returns.
    /// - Throws: Core AI's error where it cannot open the asset.
    public init(asset: URL, outputs: [String]) async throws {
      model = try await AIModel(contentsOf: asset)
      self.outputs = outputs
    }

    /// One inference.
    ///
    /// - Parameter inputs: By name, one row each, of a length that the asset has a function for.
    /// - Returns: The outputs by name, in row-major order.
    /// - Throws: ``EdgekitError`` where Core AI fails, or has no such function or output.
    public func run(_ inputs: [String: [Int32]]) async throws -> [String: [Float]] {
      let function = try function(length: inputs.values.first?.count ?? 0)
      return try await Self.values(of: function, inputs: inputs, outputs: outputs)
    }

    private static func values(
      of function: InferenceFunction, inputs: [String: [Int32]], outputs: [String]
    ) async throws -> [String: [Float]] {
      var answer = try await function.run(
        inputs: inputs.mapValues { NDArray(scalars: $0, shape: [1, $0.count]) })
      var values: [String: [Float]] = [:]
      for name in outputs {
        guard let value = answer.remove(name), let array = value.ndArray else {
          throw EdgekitError.runtimeFailed("the model has no output \(name): convert it again")
        }
        values[name] = array.floats()
      }
      return values
    }

    public func prewarm() throws {
      for name in model.functionNames where name.hasPrefix(Self.prefix) {
        if let length = Int(name.dropFirst(Self.prefix.count)) { _ = try function(length: length) }
      }
    }

    public func close() {
      functions.removeAll()
    }

    private static let prefix = "main_seq_"

    private func function(length: Int) throws -> InferenceFunction {
      if let function = functions[length] { return function }
      guard let function = try model.loadFunction(named: "\(Self.prefix)\(length)") else {
        throw EdgekitError.runtimeFailed("the model has no function for \(length) tokens")
      }
      functions[length] = function
      return function
    }
  }

  @available(iOS 27, macOS 27, *)
  extension NDArray {
    /// The float32 values in row-major order, whatever strides Core AI chose.
    fileprivate func floats() -> [Float] {
      view(as: Float.self).withUnsafePointer { values, shape, strides in
        let last = shape.count - 1  // an output has two axes or more
        var rows = [0]
        for axis in 0..<last {
          let (size, stride) = (shape[axis], strides[axis])
          rows = rows.flatMap { start in (0..<size).map { start + $0 * stride } }
        }
        return rows.flatMap { row in
          (0..<shape[last]).lazy.map { values[row + $0 * strides[last]] }
        }
      }
    }
  }
#endif
