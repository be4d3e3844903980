/// What a text's role, such as `query`, decides of its row and of its vectors.
public struct Role: Decodable, Equatable, Sendable {
  /// Where the text is cut; `nil`: at the manifest's `maxLength`.
  public let maxLength: Int?
  /// What fills a short row up; `nil`: nothing does.
  public let expansion: Expansion?
  /// The vectors of these tokens are no part of an answer.
  let skipIds: [Int32]

  /// What a short row is filled up with, behind its last token; the vectors there count.
  public struct Expansion: Decodable, Equatable, Sendable {
    public let tokenId: Int32
    /// Tokens that a row has at least.
    public let length: Int
    /// Whether the model attends to the tokens that fill it up.
    public let attended: Bool
  }

  /// The role of texts without one.
  static let none = "none"
  /// Rows stay as they are.
  static let plain = Role(maxLength: nil, expansion: nil, skipIds: [])

  /// The row of a text as its role wants it.
  func shaped(_ row: Encoding) -> Encoding {
    var shaped = row
    if let expansion, expansion.length > row.count {
      let missing = expansion.length - row.count
      shaped.ids += [Int32](repeating: expansion.tokenId, count: missing)
      shaped.typeIds += [Int32](repeating: 0, count: missing)
      shaped.starts += [Int](repeating: 0, count: missing)
      shaped.ends += [Int](repeating: 0, count: missing)
      shaped.sequenceIds += [Int?](repeating: nil, count: missing)
      shaped.wordIds += [Int?](repeating: nil, count: missing)
      if !expansion.attended {
        shaped.attentionMask = row.attention + [Int32](repeating: 0, count: missing)
      }
    }
    shaped.skipped = shaped.ids.indices.filter { skipIds.contains(shaped.ids[$0]) }
    return shaped
  }
}
