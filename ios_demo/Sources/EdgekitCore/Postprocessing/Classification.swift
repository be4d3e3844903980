import Foundation

/// The answer of a text classification.
public struct Classification: Answer {
  public let problemType: String
  /// From the largest score to the smallest; of a regression in the model's order.
  public let labels: [Label]
  /// The best label, or all above the threshold where each stands for itself; of a regression
  /// none.
  public let chosen: [String]

  private enum CodingKeys: String, CodingKey {
    case labels, chosen
    case problemType = "problem_type"
  }

  /// A label with its score.
  public struct Label: Encodable, Equatable, Sendable {
    public let label: String
    /// In the model's order.
    public let index: Int
    /// A probability; of a regression the value itself.
    public let score: Float
  }
}

extension Classification {
  /// - Parameters:
  ///   - logits: One a label.
  ///   - names: Of the labels.
  ///   - top: How many labels are kept.
  init(
    logits: [Float], names: [String], problemType: String, settings: PostprocessingSettings,
    top: Int
  ) {
    let activation = settings.activation
    let scores = activation.scores(of: logits)
    let order = activation == .identity ? Array(logits.indices) : Scores.ranked(logits)
    let labels = order.map { Label(label: names[$0], index: $0, score: scores[$0]) }
    let chosen: [Label] =
      switch activation {
      case .softmax: Array(labels.prefix(1))
      case .sigmoid:
        labels.filter { logits[$0.index] > Self.logit(of: settings.threshold ?? 0.5) }
      case .identity: []
      }
    self.init(
      problemType: problemType, labels: Array(labels.prefix(top)), chosen: chosen.map(\.label))
  }

  /// Where the sigmoid is the score: exact at one half, as a comparison of scores is not.
  private static func logit(of score: Float) -> Float { log(score / (1 - score)) }
}

extension Activation {
  fileprivate func scores(of logits: [Float]) -> [Float] {
    switch self {
    case .softmax: Scores.softmax(logits)
    case .sigmoid: Scores.sigmoid(logits)
    case .identity: logits
    }
  }
}
