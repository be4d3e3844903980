/// The answer of a token classification.
public struct Tagging: Answer {
  /// Labelled without `B-` and `I-`.
  public let entities: [Entity]
  /// Every word with its full label.
  public let words: [Entity]

  /// A piece of a text with its label.
  public struct Entity: Encodable, Sendable {
    public let label: String
    public let text: String
    /// In Unicode code points of the text.
    public let start: Int
    /// Likewise, the first behind it.
    public let end: Int
    /// The same as places in the text.
    public let range: Range<String.Index>
    /// Its probability.
    public let score: Float

    private enum CodingKeys: CodingKey {
      case label, text, start, end, score
    }
  }
}

/// From logits to entities.
struct Tagger: Sendable {
  private let names: [String]
  private let mending: Mending
  private let hasPrefixes: Bool
  private let standAlone: Bool

  /// - Parameter names: Of the model's labels.
  init(names: [String], mending: Mending) {
    self.names = names
    self.mending = mending
    hasPrefixes = names.contains { Self.prefix(of: $0) != nil }
    standAlone = !hasPrefixes && !names.contains(Self.outside)
  }

  /// - Parameter logits: A row a token, a value a label.
  func tag(logits: Tensor, row: Encoding, text: CodePoints) -> Tagging {
    let words = Self.words(of: row).compactMap { tokens in
      word(tokens, logits: logits, row: row, text: text)
    }
    return Tagging(entities: runs(of: words).map { entity($0, text: text) }, words: words)
  }

  /// The tokens of each word: neighbours of one number.
  private static func words(of row: Encoding) -> [[Int]] {
    let tokens = (0..<row.count).filter { !row.isSpecial($0) }
    return tokens.reduce(into: []) { words, token in
      if let last = words.last?.last, row.wordIds[last] == row.wordIds[token] {
        words[words.count - 1].append(token)
      } else {
        words.append([token])
      }
    }
  }

  private func word(
    _ tokens: [Int], logits: Tensor, row: Encoding, text: CodePoints
  ) -> Tagging.Entity? {
    let (first, last) = (tokens[0], tokens[tokens.count - 1])
    let range = mending.mended(row.starts[first]..<max(row.starts[first], row.ends[last]), of: text)
    guard !range.isEmpty else { return nil }
    let scores = Array(logits[first])
    let best = Scores.ranked(scores, top: 1)[0]
    return entity(
      label: names[best], range: range, score: Scores.softmax(scores)[best], text: text)
  }

  /// Words that form an entity, in order.
  private func runs(of words: [Tagging.Entity]) -> [[Tagging.Entity]] {
    var runs: [[Tagging.Entity]] = []
    var open: String?
    for word in words {
      let kind = kind(of: word.label)
      if word.label == Self.outside {
        open = nil
      } else if standAlone || kind != open || Self.prefix(of: word.label) == "B-" {
        runs.append([word])
        open = kind
      } else {
        runs[runs.count - 1].append(word)
      }
    }
    return runs
  }

  private func entity(_ run: [Tagging.Entity], text: CodePoints) -> Tagging.Entity {
    let score = Float(run.reduce(0.0) { $0 + Double($1.score) } / Double(run.count))
    let range = run[0].start..<run[run.count - 1].end
    return entity(label: kind(of: run[0].label), range: range, score: score, text: text)
  }

  private func entity(
    label: String, range: Range<Int>, score: Float, text: CodePoints
  ) -> Tagging.Entity {
    Tagging.Entity(
      label: label, text: text.piece(range), start: range.lowerBound, end: range.upperBound,
      range: text.indices(of: range), score: score)
  }

  private func kind(of label: String) -> String {
    String(label.unicodeScalars.dropFirst(Self.prefix(of: label)?.count ?? 0))
  }

  private static let outside = "O"

  private static func prefix(of label: String) -> String? {
    ["B-", "I-"].first { label.unicodeScalars.starts(with: $0.unicodeScalars) }
  }
}
