/// A text on its way to tokens: its code points now, and where each comes from in the text as given.
///
/// A change says of each new code point how many of the old ones it stands for, as in the library
/// that trained the tokenizers: 0 for one, -1 for that and the next, 1 for none of its own.
struct AlignedText: Sendable {
  private(set) var scalars: [Unicode.Scalar]
  private(set) var starts: [Int]
  private(set) var ends: [Int]

  typealias Change = (scalar: Unicode.Scalar, count: Int)

  /// A piece of a text, each code point from its own place.
  init(_ text: CodePoints, _ range: Range<Int>) {
    scalars = Array(text.scalars[range])
    starts = Array(range)
    ends = range.map { $0 + 1 }
  }

  private init(scalars: [Unicode.Scalar], starts: [Int], ends: [Int]) {
    self.scalars = scalars
    self.starts = starts
    self.ends = ends
  }

  var count: Int { scalars.count }
  var isEmpty: Bool { scalars.isEmpty }

  subscript(range: Range<Int>) -> AlignedText {
    AlignedText(
      scalars: Array(scalars[range]), starts: Array(starts[range]), ends: Array(ends[range]))
  }

  /// Where a piece, which is not empty, comes from in the text as given.
  func origin(of range: Range<Int>) -> Range<Int> {
    let start = starts[range.lowerBound]
    return start..<max(start, ends[range.upperBound - 1])
  }

  /// Takes a code point for each old one.
  mutating func map(_ change: (Unicode.Scalar) -> Unicode.Scalar) {
    scalars = scalars.map(change)
  }

  /// Drops code points.
  mutating func removeAll(where isDropped: (Unicode.Scalar) -> Bool) {
    let kept = scalars.indices.filter { !isDropped(scalars[$0]) }
    guard kept.count < count else { return }
    self = AlignedText(
      scalars: kept.map { scalars[$0] }, starts: kept.map { starts[$0] },
      ends: kept.map { ends[$0] })
  }

  /// Puts several code points in the place of single ones; `nil` keeps one.
  mutating func expand(_ expansion: (Unicode.Scalar) -> [Unicode.Scalar]?) {
    var found = AlignedText(scalars: [], starts: [], ends: [])
    for place in scalars.indices {
      for scalar in expansion(scalars[place]) ?? [scalars[place]] {
        found.append(scalar, start: starts[place], end: ends[place])
      }
    }
    self = found
  }

  /// Puts new code points in the place of all old ones.
  mutating func transform(_ changes: [Change]) {
    var found = AlignedText(scalars: [], starts: [], ends: [])
    var place = 0
    for (scalar, change) in changes {
      let from = change > 0 ? place - 1 : place
      let isKnown = scalars.indices.contains(from)
      let first = starts.first ?? 0  // an empty place, where nothing is used up yet
      found.append(scalar, start: isKnown ? starts[from] : first, end: isKnown ? ends[from] : first)
      if change <= 0 { place += 1 - change }
    }
    self = found
  }

  /// Puts a string in the place of each range; its code points are from the range's last one.
  mutating func replace(_ ranges: [Range<Int>], with content: [Unicode.Scalar]) {
    guard !ranges.isEmpty else { return }
    var found = AlignedText(scalars: [], starts: [], ends: [])
    var done = 0
    for range in ranges {
      found.append(contentsOf: self, range: done..<range.lowerBound)
      let last = range.upperBound - 1
      for scalar in content { found.append(scalar, start: starts[last], end: ends[last]) }
      done = range.upperBound
    }
    found.append(contentsOf: self, range: done..<count)
    self = found
  }

  /// Puts a code point before the first one, from where that is from.
  mutating func prepend(_ scalar: Unicode.Scalar) {
    guard !isEmpty else { return }
    scalars.insert(scalar, at: 0)
    starts.insert(starts[0], at: 0)
    ends.insert(ends[0], at: 0)
  }

  private mutating func append(_ scalar: Unicode.Scalar, start: Int, end: Int) {
    scalars.append(scalar)
    starts.append(start)
    ends.append(end)
  }

  private mutating func append(contentsOf other: AlignedText, range: Range<Int>) {
    scalars += other.scalars[range]
    starts += other.starts[range]
    ends += other.ends[range]
  }
}
