/// Takes the blanks off the offsets of byte-level tokens.
struct OffsetTrimming: Sendable {
  private let isPrefixed: Bool

  init(_ settings: TokenizerSettings.OffsetSettings) {
    isPrefixed = settings.addPrefixSpace
  }

  /// The tokens of one text of a row, with less of the text each.
  func trimmed(_ tokens: [Token]) -> [Token] {
    tokens.enumerated().map { index, token in
      let (start, end) = (token.range.lowerBound, token.range.upperBound)
      // The only blank of the first token may be the one that was put in front of the text.
      let isKept = isPrefixed && (index == 0 || start == 0) && token.leadingBlanks == 1
      let newStart = isKept ? start : min(start + token.leadingBlanks, end)
      let newEnd = end >= token.trailingBlanks ? max(end - token.trailingBlanks, newStart) : end
      return Token(
        id: token.id, range: newStart..<newEnd, word: token.word,
        leadingBlanks: token.leadingBlanks, trailingBlanks: token.trailingBlanks)
    }
  }

  /// How many blanks a token begins and ends with.
  func blanks(of token: ArraySlice<UInt8>) -> (leading: Int, trailing: Int) {
    let size = ByteAlphabet.blank.count
    var (start, end) = (token.startIndex, token.endIndex)
    while token[start..<end].starts(with: ByteAlphabet.blank) { start += size }
    let leading = (start - token.startIndex) / size
    start = token.startIndex
    while token[start..<end].suffix(size).elementsEqual(ByteAlphabet.blank) { end -= size }
    return (leading, (token.endIndex - end) / size)
  }
}
