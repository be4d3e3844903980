/// A token of a text, without special tokens around it.
struct Token: Sendable {
  let id: Int32
  /// Its place in the text, in code points.
  let range: Range<Int>
  /// A running number of the pieces that the pre-tokenizer made.
  let word: Int
  /// Blanks that it begins and ends with.
  let leadingBlanks: Int
  let trailingBlanks: Int
}

/// A part of a word that has an id: a range of the word's code points.
struct Subword {
  let id: Int32
  let range: Range<Int>
}

/// What finds the tokens of a word.
protocol TokenModel: Sendable {
  /// The tokens of a word, which is not empty, in order.
  func subwords(of word: [Unicode.Scalar]) -> [Subword]
}
