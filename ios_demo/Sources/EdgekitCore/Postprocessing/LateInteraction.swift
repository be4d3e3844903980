/// A vector for each token of a row, special ones included.
public struct LateInteraction: Answer {
  public let vectors: [[Float]]
}

extension LateInteraction {
  /// - Parameter vectors: A row a token.
  init(_ vectors: Tensor) {
    self.vectors = (0..<vectors.rows).map { Array(vectors[$0]) }
  }

  /// MaxSim: the sum, over the query's vectors, of the largest dot product with one of the
  /// document's.
  ///
  /// Source: https://arxiv.org/abs/2004.12832.
  static func similarity(query: Tensor, document: Tensor) -> Similarity {
    let sum = (0..<query.rows).reduce(0.0) { sum, row in
      let products = (0..<document.rows).map { VectorSimilarity.dot(query[row], document[$0]) }
      return sum + (products.max() ?? 0)
    }
    return Similarity(similarity: Float(sum))
  }
}
