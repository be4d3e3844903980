/// How a passage that is too long for one row is read: in windows that overlap.
public enum Windows {
  /// Tokens that two windows share, at most.
  private static let mostShared = 128

  /// The windows, from the first token to the last.
  ///
  /// - Parameters:
  ///   - tokens: Of the passage.
  ///   - room: Tokens of it that fit into one row, at least 1.
  public static func ranges(tokens: Int, room: Int) -> [Range<Int>] {
    let step = room - min(mostShared, room / 2)
    let last = (max(tokens - room, 0) + step - 1) / step
    return (0...last).map { $0 * step..<min($0 * step + room, tokens) }
  }
}
