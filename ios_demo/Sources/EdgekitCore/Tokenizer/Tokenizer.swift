/// A bundle's tokenizer: texts to ids and offsets, the same as the `tokenizers` library's.
public struct Tokenizer: Sendable {
  /// The end at which a text that is too long loses tokens.
  public let side: Side
  public let vocabulary: Vocabulary
  let marks: CodePointSet
  private let blanks: CodePointSet
  private let normalizer: Normalizer
  private let preTokenizer: PreTokenizer
  private let model: any TokenModel
  private let addedBefore: AddedTokens
  private let addedAfter: AddedTokens
  private let addedNames: [Int: String]
  private let templates: [RowTemplate]
  private let trimming: OffsetTrimming?

  init(settings: TokenizerSettings, vocabulary: Vocabulary, side: Side) throws {
    guard settings.version == 1 else {
      throw EdgekitError.unsupportedTokenizer(
        "the tokenizer's files are of version \(settings.version): update this library")
    }
    let tables = settings.characters
    self.side = side
    self.vocabulary = vocabulary
    marks = tables.marks
    blanks = tables.blanks
    normalizer = try Normalizer(settings.normalizer, tables: tables)
    preTokenizer = try PreTokenizer(settings.preTokenizer, tables: tables)
    model = try Self.model(settings, vocabulary)
    addedBefore = AddedTokens(settings.addedTokens.filter { !$0.normalized }, blanks: blanks)
    addedAfter = AddedTokens(settings.addedTokens.filter(\.normalized), blanks: blanks)
    addedNames = Dictionary(settings.addedTokens.map { (Int($0.id), $0.content) }) { $1 }
    templates = [
      try RowTemplate(settings.template.single, ids: settings.specialIds, texts: 1),
      try RowTemplate(settings.template.pair, ids: settings.specialIds, texts: 2),
    ]
    trimming = settings.offsets.trim ? OffsetTrimming(settings.offsets) : nil
  }

  /// The row of ids of one text, or of a pair.
  ///
  /// - Parameters:
  ///   - texts: One or two.
  ///   - maxLength: Tokens, special ones included, beyond which the row is cut.
  ///   - truncation: Which text loses tokens.
  ///   - side: Where; `nil` is the tokenizer's own.
  /// - Throws: ``EdgekitError`` where there are no texts or more than two, or the one that may not
  ///   be cut is too long.
  public func encode(
    _ texts: [String], maxLength: Int, truncation: Truncation = .longestFirst, side: Side? = nil
  ) throws -> Encoding {
    guard (1...templates.count).contains(texts.count) else {
      throw EdgekitError.unsupportedTask("a row has one or two texts, not \(texts.count)")
    }
    return try row(
      texts.map { tokens(of: CodePoints($0)) }, maxLength: maxLength, truncation, side)
  }

  /// A vocabulary entry as it stands there, or an added token.
  public func token(_ id: Int) -> String {
    addedNames[id] ?? vocabulary.token(id)
  }

  /// All tokens of a text, without special ones.
  func tokens(of text: CodePoints) -> [Token] {
    var tokens: [Token] = []
    var word = 0
    for piece in pieces(of: text) {
      if let id = piece.id {
        tokens.append(added(id, piece.text, word: word))
      } else {
        tokens += subwords(of: piece.text, word: word)
      }
      word += 1
    }
    return tokens
  }

  /// A row of texts that were cut to fit.
  func row(
    _ texts: [[Token]], maxLength: Int, _ truncation: Truncation = .longestFirst,
    _ side: Side? = nil
  ) throws -> Encoding {
    let room = max(0, maxLength - specialTokens(texts: texts.count))
    let counts = try truncation.kept(of: texts.map(\.count), room: room)
    let kept = zip(texts, counts).map { tokens, count in
      Array((side ?? self.side) == .left ? tokens.suffix(count) : tokens.prefix(count))
    }
    return filled(kept)
  }

  /// A row of all these tokens, with special ones around them.
  func filled(_ texts: [[Token]]) -> Encoding {
    templates[texts.count - 1].filled(texts.map { trimming?.trimmed($0) ?? $0 })
  }

  /// How many special tokens stand in a row of so many texts.
  func specialTokens(texts: Int) -> Int {
    templates[texts - 1].specialTokens
  }

  private static func model(
    _ settings: TokenizerSettings, _ vocabulary: Vocabulary
  ) throws -> any TokenModel {
    switch settings.kind {
    case "WordPiece": return try WordPiece(vocabulary, settings: settings.model)
    case "BPE": return try BytePairEncoding(vocabulary, settings: settings.model)
    case "Unigram": return try Unigram(vocabulary, settings: settings.model)
    default:
      throw EdgekitError.unsupportedTokenizer(
        "this library has no \(settings.kind) tokenizer: update it")
    }
  }

  /// The text's words and added tokens, none of them empty.
  private func pieces(of text: CodePoints) -> [(text: AlignedText, id: Int32?)] {
    addedBefore.split(text.scalars).flatMap { part -> [(text: AlignedText, id: Int32?)] in
      var piece = AlignedText(text, part.range)
      if part.id != nil { return [(piece, part.id)] }
      normalizer.apply(to: &piece)
      return addedAfter.split(piece.scalars).flatMap { part in
        part.id == nil
          ? preTokenizer.split(piece[part.range]).map { ($0, nil) }
          : [(piece[part.range], part.id)]
      }
    }
  }

  private func added(_ id: Int32, _ text: AlignedText, word: Int) -> Token {
    let kept = text.scalars.indices.filter { !blanks.contains(text.scalars[$0]) }
    return Token(
      id: id, range: text.origin(of: 0..<text.count), word: word,
      leadingBlanks: kept.first ?? text.count,
      trailingBlanks: text.count - 1 - (kept.last ?? -1))
  }

  private func subwords(of text: AlignedText, word: Int) -> [Token] {
    model.subwords(of: text.scalars).map { part in
      let blanks = trimming?.blanks(of: vocabulary.bytes(of: UInt32(bitPattern: part.id)))
      return Token(
        id: part.id, range: text.origin(of: part.range), word: word,
        leadingBlanks: blanks?.leading ?? 0, trailingBlanks: blanks?.trailing ?? 0)
    }
  }
}
