/// One row of ids, unpadded, with what is known of each token.
public struct Encoding: Equatable, Sendable {
  /// Of the vocabulary.
  public internal(set) var ids: [Int32] = []
  /// 0 for the first text of a pair and 1 for the second, or as the model was trained.
  public internal(set) var typeIds: [Int32] = []
  /// Of each token in its own text, in Unicode code points; 0 for special tokens.
  public internal(set) var starts: [Int] = []
  /// Likewise; the first code point behind the token.
  public internal(set) var ends: [Int] = []
  /// Which text a token is from, 0 or 1; `nil` for a token that the tokenizer added.
  public internal(set) var sequenceIds: [Int?] = []
  /// A running number of the pre-tokenizer's pieces of that text; `nil` for special tokens.
  public internal(set) var wordIds: [Int?] = []
  /// 1 where the model attends to a token, else 0; `nil`: to all of them.
  public internal(set) var attentionMask: [Int32]?
  /// Places of tokens whose vectors are no part of an answer.
  public internal(set) var skipped: [Int] = []

  /// Tokens, special ones included.
  public var count: Int { ids.count }

  /// The attention mask, which says 1 of every token where there is none of its own.
  var attention: [Int32] { attentionMask ?? [Int32](repeating: 1, count: count) }

  /// Whether the tokenizer added a token: it is of no text.
  func isSpecial(_ token: Int) -> Bool { sequenceIds[token] == nil }

  /// A token's place in its text.
  func range(of token: Int) -> Range<Int> { starts[token]..<ends[token] }
}
