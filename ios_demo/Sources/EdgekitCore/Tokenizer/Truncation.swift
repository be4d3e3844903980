/// Which text loses tokens where a row is too long.
public enum Truncation: String, Sendable {
  /// Of a pair the longer one, until both are of one length.
  case longestFirst = "longest_first"
  case onlyFirst = "only_first"
  case onlySecond = "only_second"

  /// How many tokens of each text are kept.
  ///
  /// - Parameters:
  ///   - counts: Tokens of each text.
  ///   - room: How many fit in all.
  func kept(of counts: [Int], room: Int) -> [Int] {
    let excess = counts.reduce(0, +) - room
    guard excess > 0 else { return counts }
    switch (self, counts.count) {
    case (.onlyFirst, _): return [max(0, counts[0] - excess)] + counts.dropFirst()
    case (.onlySecond, 2): return [counts[0], max(0, counts[1] - excess)]
    case (_, 2): return Self.balanced(counts, room: room)
    default: return [room]
    }
  }

  /// The shorter text keeps what it has, or half of the room, and the longer one the rest.
  private static func balanced(_ counts: [Int], room: Int) -> [Int] {
    let isSwapped = counts[0] > counts[1]
    let shorter = min(counts[0], counts[1], room / 2)
    return isSwapped ? [room - shorter, shorter] : [shorter, room - shorter]
  }
}
