/// The static lengths of a file.
public enum Buckets {
  /// The shortest length at which a file takes a row; `nil` if the row is too long for all.
  ///
  /// - Parameters:
  ///   - tokens: Of the row.
  ///   - lengths: What the file takes; `nil`: any.
  public static func smallest(for tokens: Int, of lengths: [Int]?) -> Int? {
    guard let lengths else { return tokens }
    return lengths.filter { $0 >= tokens }.min()
  }
}
