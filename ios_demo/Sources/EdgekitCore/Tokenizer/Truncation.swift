/// Which text loses tokens where a row is too long.
public enum Truncation: String, Decodable, Sendable {
  /// Of a pair the longer one, until both are of one length.
  case longestFirst = "longest_first"
  case onlyFirst = "only_first"
  case onlySecond = "only_second"

  /// How many tokens of each text are kept.
  ///
  /// - Parameters:
  ///   - counts: Tokens of each text.
  ///   - room: How many fit in all.
  /// - Throws: ``EdgekitError/questionTooLong(_:)`` where nothing is left of the text to be cut.
  func kept(of counts: [Int], room: Int) throws -> [Int] {
    guard counts.reduce(0, +) > room else { return counts }
    if self == .longestFirst {
      return counts.count == 2 ? Self.balanced(counts, room: room) : [room]
    }
    let cut = self == .onlyFirst ? 0 : 1
    let others = counts.indices.filter { $0 != cut }.reduce(0) { $0 + counts[$1] }
    guard counts.indices.contains(cut), others < room else {
      throw EdgekitError.questionTooLong(
        "the text that is not to be cut has \(others) tokens and only \(room) fit")
    }
    return counts.indices.map { $0 == cut ? room - others : counts[$0] }
  }

  /// The shorter text keeps what it has, or half of the room, and the longer one the rest.
  private static func balanced(_ counts: [Int], room: Int) -> [Int] {
    let isSwapped = counts[0] > counts[1]
    let shorter = min(counts[0], counts[1], room / 2)
    return isSwapped ? [room - shorter, shorter] : [shorter, room - shorter]
  }
}
