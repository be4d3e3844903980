/// BERT's model: the longest token that a word begins with, then the longest of what follows.
struct WordPiece: TokenModel {
  private let vocabulary: Vocabulary
  private let unknown: Int32
  /// What a token begins with that continues a word.
  private let prefix: [UInt8]
  /// A longer word is unknown as a whole.
  private let mostScalars: Int

  init(_ vocabulary: Vocabulary, settings: TokenizerSettings.ModelSettings) throws {
    self.vocabulary = vocabulary
    unknown = try vocabulary.unknown(settings.unkId)
    prefix = Array((settings.continuingSubwordPrefix ?? "##").utf8)
    mostScalars = settings.maxInputCharsPerWord ?? 100
  }

  func subwords(of word: [Unicode.Scalar]) -> [Subword] {
    let whole = [Subword(id: unknown, range: 0..<word.count)]
    guard word.count <= mostScalars else { return whole }
    var found: [Subword] = []
    var start = 0
    while start < word.count {
      guard let next = longest(of: word, from: start) else { return whole }
      found.append(next)
      start = next.range.upperBound
    }
    return found
  }

  private func longest(of word: [Unicode.Scalar], from start: Int) -> Subword? {
    var bytes = start == 0 ? [] : prefix
    var ends: [(scalar: Int, byte: Int)] = []
    for (place, scalar) in word.enumerated().dropFirst(start) {
      bytes += UTF8.encode(scalar)!
      ends.append((place + 1, bytes.count))
    }
    for end in ends.reversed() {
      if let id = vocabulary.id(of: bytes[..<end.byte]) {
        return Subword(id: id, range: start..<end.scalar)
      }
    }
    return nil
  }
}
