/// The answer of a question answering.
public struct QuestionAnswer: Answer {
  /// The span to show; `nil` for no answer.
  public let best: Span?
  /// From best to worst, no two of the same text.
  public let spans: [Span]
  /// The score of no answer.
  public let nullScore: Float

  /// A piece of the passage that may be the answer.
  public struct Span: Encodable, Sendable {
    public let text: String
    /// In Unicode code points of the passage.
    public let start: Int
    /// Likewise, the first behind it.
    public let end: Int
    /// The same as places in the passage.
    public let range: Range<String.Index>
    /// The sum of two logits.
    public let score: Float
    /// Its share among the best spans and no answer.
    public let probability: Float

    private enum CodingKeys: CodingKey {
      case text, start, end, score, probability
    }
  }

  private enum CodingKeys: String, CodingKey {
    case best, spans
    case nullScore = "null_score"
  }

  public func encode(to encoder: any Encoder) throws {
    var object = encoder.container(keyedBy: CodingKeys.self)
    try object.encode(best, forKey: .best)  // null where there is none
    try object.encode(spans, forKey: .spans)
    try object.encode(nullScore, forKey: .nullScore)
  }
}
