/// SentencePiece's Unigram: of all ways to cut a word, the one with the highest sum of scores.
struct Unigram: TokenModel {
  private let vocabulary: Vocabulary
  private let unknown: Int32
  private let unknownScore: Double

  /// By how much an unknown code point is worse than the worst token.
  private static let penalty = 10.0

  init(_ vocabulary: Vocabulary, settings: TokenizerSettings.ModelSettings) throws {
    guard let least = vocabulary.scores.min() else {
      throw EdgekitError.unsupportedTokenizer("the Unigram tokenizer has no scores: convert again")
    }
    self.vocabulary = vocabulary
    unknown = try vocabulary.unknown(settings.unkId)
    unknownScore = least - Self.penalty
  }

  /// The best way to a place in a word: its last token.
  private struct Way {
    let score: Double
    let start: Int
    let id: Int32
  }

  func subwords(of word: [Unicode.Scalar]) -> [Subword] {
    let ways = ways(through: word)
    var found: [Subword] = []
    var end = word.count
    while end > 0, let way = ways[end] {
      if way.id == unknown, let last = found.last, last.id == unknown {
        found[found.count - 1] = Subword(id: unknown, range: way.start..<last.range.upperBound)
      } else {
        found.append(Subword(id: way.id, range: way.start..<end))
      }
      end = way.start
    }
    return found.reversed()
  }

  /// The best way to each place; of equal sums the first that is found, whose token is longer.
  private func ways(through word: [Unicode.Scalar]) -> [Way?] {
    let bytes = word.flatMap { Array(UTF8.encode($0)!) }
    var places: [Int: Int] = [:]  // of bytes, as code points
    var size = 0
    for (place, scalar) in word.enumerated() {
      size += UTF8.width(scalar)
      places[size] = place + 1
    }
    var ways = [Way?](repeating: nil, count: word.count + 1)
    var byte = 0
    for (start, scalar) in word.enumerated() {
      let score = ways[start]?.score ?? 0
      func offer(_ id: Int32, _ more: Double, end: Int) {
        if ways[end].map({ score + more > $0.score }) ?? true {
          ways[end] = Way(score: score + more, start: start, id: id)
        }
      }
      let tokens = vocabulary.prefixes(of: bytes[byte...])
      for token in tokens {
        guard let end = places[byte + token.sizeBytes] else { continue }
        offer(token.id, vocabulary.scores[Int(token.id)], end: end)
      }
      if !tokens.contains(where: { $0.sizeBytes == UTF8.width(scalar) }) {
        offer(unknown, unknownScore, end: start + 1)
      }
      byte += UTF8.width(scalar)
    }
    return ways
  }
}
