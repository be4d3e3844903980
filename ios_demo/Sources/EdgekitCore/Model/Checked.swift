/// What is read of a bundle and has rules beyond its types.
protocol Checked {
  /// What breaks them, in words without any text; `nil`: nothing.
  var flaw: String? { get }
}

extension Int {
  /// More than any count of tokens, ids or values that a bundle has, and little memory.
  static let mostCount = 1 << 25

  /// Whether it says how many there are of something, or is an id.
  var isCount: Bool { (0...Self.mostCount).contains(self) }
}
