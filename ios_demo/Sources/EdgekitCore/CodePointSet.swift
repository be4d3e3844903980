/// A set of code points, kept as ranges.
struct CodePointSet: Sendable {
  private let edges: [UInt32]

  /// - Parameter edges: The first and the last code point of each range, one after the other,
  ///   ascending.
  init(edges: [UInt32]) {
    self.edges = edges
  }

  func contains(_ scalar: Unicode.Scalar) -> Bool {
    let before = edges.partitioningIndex { $0 >= scalar.value }
    // An odd number of edges below it: it is inside a range. Else it may be one itself.
    return before % 2 == 1 || before < edges.count && edges[before] == scalar.value
  }
}

extension CodePointSet: Decodable {
  init(from decoder: any Decoder) throws {
    self.init(edges: try decoder.singleValueContainer().decode([UInt32].self))
  }
}

extension RandomAccessCollection {
  /// The first place at which the condition holds, where it holds for all that follow.
  func partitioningIndex(where holds: (Element) -> Bool) -> Index {
    var (low, high) = (startIndex, endIndex)
    while low < high {
      let middle = index(low, offsetBy: distance(from: low, to: high) / 2)
      if holds(self[middle]) { high = middle } else { low = index(after: middle) }
    }
    return low
  }
}
