/// Puts pieces for people right: no white space around them, and all of their combining marks,
/// which a tokenizer that takes accents off leaves out. `docs/postprocess.md` has the rules.
struct Mending: Sendable {
  /// The general categories Mn, Mc and Me.
  let marks: CodePointSet

  /// The mended piece, which may be empty.
  func mended(_ range: Range<Int>, of text: CodePoints) -> Range<Int> {
    var (start, end) = (range.lowerBound, range.upperBound)
    while start < end, Self.whiteSpace.contains(text.scalars[start]) { start += 1 }
    while end > start, Self.whiteSpace.contains(text.scalars[end - 1]) { end -= 1 }
    if start == end { return start..<end }
    while start > 0, marks.contains(text.scalars[start]) { start -= 1 }
    while end < text.count, marks.contains(text.scalars[end]) { end += 1 }
    return start..<end
  }

  /// Unicode's property White_Space.
  private static let whiteSpace = CodePointSet(edges: [
    0x9, 0xD, 0x20, 0x20, 0x85, 0x85, 0xA0, 0xA0, 0x1680, 0x1680, 0x2000, 0x200A,
    0x2028, 0x2029, 0x202F, 0x202F, 0x205F, 0x205F, 0x3000, 0x3000,
  ])
}
