/// One exported model of a bundle, which takes ids.
public struct Artifact: Decodable, Sendable {
  public let file: String
  /// `onnx`, `tflite`, `coreml`, ...
  public let format: String
  public let recipe: String
  /// What opens it: `onnxruntime`, `litert`, `coreml`, ...
  public let runtime: String
  public let minimumOs: String
  /// Of a package, the sum over its files.
  public let sizeBytes: Int
  public let sha256: String
  /// Lengths that it takes, ascending; `nil`: any up to the model's.
  public let buckets: [Int]?
  public let inputs: [TensorSpec]
  public let outputs: [TensorSpec]
  /// A file with its weights, which has to lie beside it; `nil`: they are inside.
  public let data: FileEntry?
  let proofs: [Proof]

  /// What the file was held against when it was made, and a phone holds it against again; there is
  /// at least one proof, which ``Manifest/flaw`` sees to.
  public var tolerance: Tolerance { proofs[0].tolerance }

  var entry: FileEntry { FileEntry(file: file, sizeBytes: sizeBytes, sha256: sha256) }

  /// Bounds of the differences from PyTorch.
  public struct Tolerance: Decodable, Sendable {
    /// The largest absolute difference, as a share of the output's scale.
    public let maxAbs: Float
    /// The least cosine similarity.
    public let cosine: Float
  }

  struct Proof: Decodable, Sendable {
    let tolerance: Tolerance
  }
}

/// One input or output of a model.
public struct TensorSpec: Decodable, Sendable {
  public let name: String
  public let dtype: String
  /// Such as `batch`, `length`, 768.
  public let shape: [Axis]

  /// Whether it has values for each token.
  public var isPerToken: Bool { shape.contains(.named("length")) }

  /// The size of an axis, or the name of a free one.
  public enum Axis: Decodable, Equatable, Sendable {
    case fixed(Int)
    case named(String)

    public init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      if let size = try? value.decode(Int.self) {
        self = .fixed(size)
      } else {
        self = .named(try value.decode(String.self))
      }
    }
  }
}
