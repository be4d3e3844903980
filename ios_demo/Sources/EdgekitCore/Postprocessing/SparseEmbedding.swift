/// The largest weights of a text's sparse vector, in order.
public struct SparseEmbedding: Answer {
  public let weights: [Weight]
  /// How many weights of the whole vector are not 0.
  public let nonzero: Int
  /// The whole of it, one weight a vocabulary entry, for an index.
  public let vector: [Float]

  /// A vocabulary entry and its weight.
  public struct Weight: Encodable, Sendable {
    public let token: String
    public let index: Int
    public let weight: Float
  }

  private enum CodingKeys: CodingKey {
    case weights, nonzero
  }
}

extension SparseEmbedding {
  /// - Parameters:
  ///   - vector: One weight a vocabulary entry.
  ///   - token: Gives a vocabulary's entry.
  ///   - top: How many weights are kept.
  init(vector: [Float], token: (Int) -> String, top: Int) {
    self.vector = vector
    nonzero = vector.count { $0 != 0 }
    weights = Scores.ranked(vector, top: min(top, nonzero)).map {
      Weight(token: token($0), index: $0, weight: vector[$0])
    }
  }
}
