/// A text as Unicode code points, which is what offsets count.
///
/// Swift's `Character`s are something else, and its strings are equal where their code points are
/// not (`é` and `e` with an accent): nothing here compares strings.
struct CodePoints: Sendable {
  let text: String
  let scalars: [Unicode.Scalar]
  private let indices: [String.Index]

  init(_ text: String) {
    self.text = text
    scalars = Array(text.unicodeScalars)
    indices = Array(text.unicodeScalars.indices) + [text.endIndex]
  }

  var count: Int { scalars.count }

  /// The code points of a range as a string.
  func piece(_ range: Range<Int>) -> String {
    String(text.unicodeScalars[indices(of: range)])
  }

  /// A range of code points as places in the string.
  func indices(of range: Range<Int>) -> Range<String.Index> {
    indices[range.lowerBound]..<indices[range.upperBound]
  }
}
