/// Where special tokens stand in a row: `["[CLS]:0", "$A:0", "[SEP]:0"]`.
struct RowTemplate: Sendable {
  private let items: [Item]

  private enum Item {
    case special(id: Int32, typeId: Int32)
    case text(index: Int, typeId: Int32)
  }

  /// - Parameters:
  ///   - items: `$A` and `$B` are the texts; the number after the last colon is the token type.
  ///   - ids: Of the special tokens.
  ///   - texts: How many there are.
  /// - Throws: ``EdgekitError/unsupportedTokenizer(_:)`` where it is no such row.
  init(_ items: [String], ids: [String: Int32], texts: Int) throws {
    self.items = try items.map { item in
      let parts = item.split(separator: ":", omittingEmptySubsequences: false)
      let name = parts.dropLast().joined(separator: ":")
      switch (parts.last.flatMap { Int32($0) }, name, ids[name]) {
      case (let typeId?, "$A", _): return .text(index: 0, typeId: typeId)
      case (let typeId?, "$B", _): return .text(index: 1, typeId: typeId)
      case (let typeId?, _, let id?): return .special(id: id, typeId: typeId)
      default:
        throw EdgekitError.unsupportedTokenizer(
          "the tokenizer's template has an unknown part \(item): convert again")
      }
    }
    let places = self.items.compactMap { if case .text(let index, _) = $0 { index } else { nil } }
    guard places.sorted() == Array(0..<texts) else {
      throw EdgekitError.unsupportedTokenizer(
        "the tokenizer's template does not have each text once: convert again")
    }
  }

  var specialTokens: Int {
    items.count { if case .special = $0 { true } else { false } }
  }

  func filled(_ texts: [[Token]]) -> Encoding {
    var row = Encoding()
    for item in items {
      switch item {
      case .special(let id, let typeId): row.append(id: id, typeId: typeId)
      case .text(let index, let typeId):
        for token in texts[index] {
          row.append(token, typeId: typeId, sequence: index)
        }
      }
    }
    return row
  }
}

extension Encoding {
  fileprivate mutating func append(id: Int32, typeId: Int32) {
    append(id: id, typeId: typeId, range: 0..<0, sequence: nil, word: nil)
  }

  fileprivate mutating func append(_ token: Token, typeId: Int32, sequence: Int) {
    append(
      id: token.id, typeId: typeId, range: token.range, sequence: sequence, word: token.word)
  }

  private mutating func append(
    id: Int32, typeId: Int32, range: Range<Int>, sequence: Int?, word: Int?
  ) {
    ids.append(id)
    typeIds.append(typeId)
    starts.append(range.lowerBound)
    ends.append(range.upperBound)
    sequenceIds.append(sequence)
    wordIds.append(word)
  }
}
