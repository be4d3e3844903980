/// Where grapheme clusters end, by the bundle's classes of code points and the rules of UAX 29.
///
/// Flags are left out: no table of a tokenizer knows clusters that long.
struct Graphemes: Decodable, Sendable {
  let control: CodePointSet
  let extend: CodePointSet
  let spacing: CodePointSet
  let prepend: CodePointSet
  let pictographic: CodePointSet
  let leading: CodePointSet
  let vowel: CodePointSet
  let trailing: CodePointSet
  let consonant: CodePointSet
  let linker: CodePointSet
  let between: CodePointSet

  private static let joiner: Unicode.Scalar = "\u{200D}"

  /// The clusters of a text, in order.
  func clusters(of scalars: [Unicode.Scalar]) -> [Range<Int>] {
    var found: [Range<Int>] = []
    var start = 0
    for place in scalars.indices.dropFirst() where isBoundary(place, in: scalars, from: start) {
      found.append(start..<place)
      start = place
    }
    return scalars.isEmpty ? [] : found + [start..<scalars.count]
  }

  /// Whether a cluster ends before a place; `start` is where it begins.
  private func isBoundary(_ place: Int, in scalars: [Unicode.Scalar], from start: Int) -> Bool {
    let (before, after) = (scalars[place - 1], scalars[place])
    if before == "\r", after == "\n" { return false }  // GB3
    if control.contains(before) || control.contains(after) { return true }  // GB4, GB5
    if isSyllable(before, after) { return false }  // GB6 to GB8
    if after == Self.joiner || extend.contains(after) || spacing.contains(after) { return false }
    if prepend.contains(before) { return false }  // GB9b
    let cluster = scalars[start..<place]
    if consonant.contains(after), endsWithLinkedConsonant(cluster) { return false }  // GB9c
    return !(pictographic.contains(after) && endsWithJoinedPicture(cluster))  // GB11
  }

  private func isSyllable(_ before: Unicode.Scalar, _ after: Unicode.Scalar) -> Bool {
    let syllable = Hangul.hasTrailing(before)
    if leading.contains(before) {
      return leading.contains(after) || vowel.contains(after) || Hangul.hasTrailing(after) != nil
    }
    if vowel.contains(before) || syllable == false {
      return vowel.contains(after) || trailing.contains(after)
    }
    return (trailing.contains(before) || syllable == true) && trailing.contains(after)
  }

  /// Whether it ends with a consonant, and behind it a linker among marks that may stand between.
  private func endsWithLinkedConsonant(_ cluster: ArraySlice<Unicode.Scalar>) -> Bool {
    guard
      let last = cluster.lastIndex(where: { !between.contains($0) && !linker.contains($0) }),
      consonant.contains(cluster[last])
    else { return false }
    return cluster[(last + 1)...].contains(where: linker.contains)
  }

  /// Whether it ends with a picture, marks, and a joiner.
  private func endsWithJoinedPicture(_ cluster: ArraySlice<Unicode.Scalar>) -> Bool {
    guard cluster.last == Self.joiner,
      let last = cluster.dropLast().last(where: { !extend.contains($0) })
    else { return false }
    return pictographic.contains(last)
  }
}
