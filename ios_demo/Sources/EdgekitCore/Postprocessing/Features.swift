/// A vector for every token of the text; special tokens are left out.
public struct Features: Answer {
  public let tokens: [TokenVector]

  /// A token's piece of the text and its vector.
  public struct TokenVector: Encodable, Sendable {
    public let text: String
    /// In Unicode code points of the text.
    public let start: Int
    /// Likewise, the first behind it.
    public let end: Int
    /// The same as places in the text.
    public let range: Range<String.Index>
    public let vector: [Float]

    private enum CodingKeys: CodingKey {
      case text, start, end, vector
    }
  }
}

extension Features {
  /// - Parameter vectors: A row a token.
  init(_ vectors: Tensor, row: Encoding, text: CodePoints) {
    tokens = (0..<row.count).filter { !row.isSpecial($0) }.map { token in
      let range = row.range(of: token)
      return TokenVector(
        text: text.piece(range), start: range.lowerBound, end: range.upperBound,
        range: text.indices(of: range), vector: Array(vectors[token]))
    }
  }
}
