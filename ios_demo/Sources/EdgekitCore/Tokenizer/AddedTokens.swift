/// Finds added tokens, such as `[MASK]`, in a text. The one that begins first wins, then the
/// longest.
struct AddedTokens: Sendable {
  private let tokens: [(sought: [Unicode.Scalar], token: AddedToken)]
  private let firsts: Set<Unicode.Scalar>
  private let blanks: CodePointSet

  init(_ tokens: [AddedToken], blanks: CodePointSet) {
    let known = tokens.map { (sought: Array($0.sought.unicodeScalars), token: $0) }
      .filter { !$0.sought.isEmpty }
    self.tokens = known.sorted { $0.sought.count > $1.sought.count }
    firsts = Set(known.map { $0.sought[0] })
    self.blanks = blanks
  }

  /// The text's pieces in order, none of them empty: those with an id are added tokens.
  func split(_ scalars: [Unicode.Scalar]) -> [(range: Range<Int>, id: Int32?)] {
    var found: [(range: Range<Int>, id: Int32?)] = []
    var done = 0
    var place = 0
    while place < scalars.count {
      guard let token = token(at: place, in: scalars) else {
        place += 1
        continue
      }
      place += token.sought.count
      let range = widened(place - token.sought.count..<place, token.token, in: scalars, from: done)
      if done < range.lowerBound { found.append((done..<range.lowerBound, nil)) }
      found.append((range, token.token.id))
      done = range.upperBound
    }
    if done < scalars.count { found.append((done..<scalars.count, nil)) }
    return found
  }

  private func token(
    at place: Int, in scalars: [Unicode.Scalar]
  ) -> (sought: [Unicode.Scalar], token: AddedToken)? {
    guard firsts.contains(scalars[place]) else { return nil }
    return tokens.first { scalars[place...].starts(with: $0.sought) }
  }

  /// With the blanks that the token takes.
  private func widened(
    _ range: Range<Int>, _ token: AddedToken, in scalars: [Unicode.Scalar], from least: Int
  ) -> Range<Int> {
    var (start, end) = (range.lowerBound, range.upperBound)
    while token.lstrip, start > least, blanks.contains(scalars[start - 1]) { start -= 1 }
    while token.rstrip, end < scalars.count, blanks.contains(scalars[end]) { end += 1 }
    return start..<end
  }
}
