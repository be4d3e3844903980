/// The answer of a fill mask.
public struct FillMask: Answer {
  /// One a mask, in the text's order.
  public let masks: [Mask]

  /// A mask of the text, and what may stand there, from the likeliest on.
  public struct Mask: Encodable, Sendable {
    /// In Unicode code points of the text.
    public let start: Int
    /// Likewise, the first behind it.
    public let end: Int
    /// The same as places in the text.
    public let range: Range<String.Index>
    public let fillers: [Filler]

    private enum CodingKeys: CodingKey {
      case start, end, fillers
    }
  }

  /// A vocabulary entry that may stand at a mask.
  public struct Filler: Encodable, Sendable {
    public let tokenId: Int
    /// As it stands in the vocabulary: `##ing`, `Ġthe`.
    public let token: String
    /// Its probability.
    public let score: Float

    private enum CodingKeys: String, CodingKey {
      case token, score
      case tokenId = "token_id"
    }
  }
}

extension FillMask {
  /// - Parameters:
  ///   - logits: A row a token, a value a vocabulary entry.
  ///   - token: Gives a vocabulary's entry.
  ///   - top: How many fillers are kept of each mask.
  /// - Throws: ``EdgekitError/noMask(_:)`` where the text has none.
  init(
    logits: Tensor, row: Encoding, text: CodePoints, maskId: Int, token: (Int) -> String, top: Int
  ) throws {
    let places = (0..<row.count).filter { !row.isSpecial($0) && row.ids[$0] == maskId }
    guard !places.isEmpty else {
      throw EdgekitError.noMask(
        "the text has no \(token(maskId)) among its first \(row.count) tokens: put it where a word "
          + "is missing")
    }
    masks = places.map { place in
      let range = row.range(of: place)
      return Mask(
        start: range.lowerBound, end: range.upperBound, range: text.indices(of: range),
        fillers: Self.fillers(Array(logits[place]), token: token, top: top))
    }
  }

  private static func fillers(
    _ logits: [Float], token: (Int) -> String, top: Int
  ) -> [Filler] {
    let scores = Scores.softmax(logits)
    return Scores.ranked(logits, top: top).map {
      Filler(tokenId: $0, token: token($0), score: scores[$0])
    }
  }
}
