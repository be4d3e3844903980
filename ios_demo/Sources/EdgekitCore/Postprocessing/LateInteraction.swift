/// A vector for each token of a row that counts, special ones included.
public struct LateInteraction: Answer {
  public let vectors: [[Float]]
}

extension LateInteraction {
  /// - Parameters:
  ///   - vectors: A row a token.
  ///   - row: The tokens.
  init(_ vectors: Tensor, row: Encoding) {
    let counting = (0..<vectors.rows).filter { !row.skipped.contains($0) }
    self.vectors = counting.map { Array(vectors[$0]) }
  }

  /// MaxSim: the sum, over the query's vectors, of the largest dot product with one of the
  /// document's.
  ///
  /// Source: https://arxiv.org/abs/2004.12832.
  static func similarity(query: Self, document: Self) -> Similarity {
    let sum = query.vectors.reduce(0.0) { sum, vector in
      let products = document.vectors.map { VectorSimilarity.dot(vector, $0) }
      return sum + (products.max() ?? 0)
    }
    return Similarity(similarity: Float(sum))
  }
}
