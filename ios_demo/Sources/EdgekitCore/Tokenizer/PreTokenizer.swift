/// One step of a pre-tokenizer, which splits a piece of text into smaller ones.
protocol SplittingStep: Sendable {
  func split(_ text: AlignedText) -> [AlignedText]
}

/// What splits a text into words, inside of which tokens are found.
struct PreTokenizer: Sendable {
  private let steps: [any SplittingStep]

  init(_ settings: [StepSettings], tables: CharacterTables) throws {
    steps = try settings.map { try Self.step($0, tables: tables) }
  }

  /// The words, none of them empty.
  func split(_ text: AlignedText) -> [AlignedText] {
    steps.reduce([text]) { pieces, step in
      pieces.flatMap(step.split).filter { !$0.isEmpty }
    }
  }

  private static func step(
    _ settings: StepSettings, tables: CharacterTables
  ) throws -> any SplittingStep {
    switch settings.type {
    case "BertPreTokenizer":
      return BertSplitter(
        blanks: tables.blanks,
        punctuation: try tables.required(\.punctuation, for: settings.type))
    case "WhitespaceSplit": return BlankSplitter(blanks: tables.blanks)
    case "Metaspace": return try Metaspace(settings)
    case "ByteLevel": return try BytePatternSplitter(settings, tables: tables)
    default: throw settings.unknown
    }
  }
}

/// Splits at blanks.
private struct BlankSplitter: SplittingStep {
  let blanks: CodePointSet

  func split(_ text: AlignedText) -> [AlignedText] {
    text.scalars.indices.split { blanks.contains(text.scalars[$0]) }
      .map { text[$0.startIndex..<$0.endIndex] }
  }
}

/// Splits at blanks, and makes each punctuation mark a word.
private struct BertSplitter: SplittingStep {
  let blanks: CodePointSet
  let punctuation: CodePointSet

  func split(_ text: AlignedText) -> [AlignedText] {
    var words: [AlignedText] = []
    var start = 0
    for (place, scalar) in text.scalars.enumerated() {
      let isMark = punctuation.contains(scalar)
      guard isMark || blanks.contains(scalar) else { continue }
      words.append(text[start..<place])
      if isMark { words.append(text[place..<place + 1]) }
      start = place + 1
    }
    return words + [text[start..<text.count]]
  }
}

/// Writes a mark for each space, one in front, and splits before each.
private struct Metaspace: SplittingStep {
  private let mark: Unicode.Scalar
  private let scheme: String
  private let isSplitting: Bool

  init(_ settings: StepSettings) throws {
    guard let mark = settings.replacement?.unicodeScalars.first else { throw settings.unknown }
    self.mark = mark
    scheme = settings.prependScheme ?? "always"
    isSplitting = settings.split ?? true
  }

  func split(_ text: AlignedText) -> [AlignedText] {
    var text = text
    text.map { $0 == " " ? mark : $0 }
    let isPrepended = scheme == "always" || scheme == "first" && text.starts.first == 0
    if isPrepended, text.scalars.first != mark { text.prepend(mark) }
    guard isSplitting else { return [text] }
    let starts = text.scalars.indices.filter { $0 == 0 || text.scalars[$0] == mark }
    return zip(starts, starts.dropFirst() + [text.count]).map { text[$0..<$1] }
  }
}

/// Splits by GPT-2's pattern, by hand: a system's regular expressions have the system's tables.
///
/// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
private struct BytePatternSplitter: SplittingStep {
  private let isPrefixed: Bool
  private let blanks: CodePointSet
  private let letters: CodePointSet
  private let numbers: CodePointSet

  private enum Kind { case blank, letter, number, other }

  private static let endings = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"]
    .map { Array($0.unicodeScalars) }

  init(_ settings: StepSettings, tables: CharacterTables) throws {
    isPrefixed = settings.addPrefixSpace ?? false
    blanks = tables.blanks
    letters = try tables.required(\.letters, for: settings.type)
    numbers = try tables.required(\.numbers, for: settings.type)
  }

  func split(_ text: AlignedText) -> [AlignedText] {
    var text = text
    if isPrefixed, text.scalars.first != " " { text.prepend(" ") }
    let kinds = text.scalars.map(kind)
    var words: [AlignedText] = []
    var start = 0
    while start < text.count {
      let end = end(ofWordAt: start, text.scalars, kinds)
      words.append(text[start..<end])
      start = end
    }
    return words
  }

  private func end(ofWordAt start: Int, _ scalars: [Unicode.Scalar], _ kinds: [Kind]) -> Int {
    if scalars[start] == "'",
      let ending = Self.endings.first(where: { scalars[start...].starts(with: $0) })
    {
      return start + ending.count
    }
    func run(from place: Int) -> Int {
      kinds[place...].firstIndex { $0 != kinds[place] } ?? kinds.count
    }
    guard kinds[start] == .blank else { return run(from: start) }
    let end = run(from: start)
    if end == kinds.count { return end }
    if end > start + 1 { return end - 1 }  // the last blank belongs to what follows
    return scalars[start] == " " ? run(from: end) : end
  }

  private func kind(of scalar: Unicode.Scalar) -> Kind {
    if letters.contains(scalar) { return .letter }
    if blanks.contains(scalar) { return .blank }
    return numbers.contains(scalar) ? .number : .other
  }
}
