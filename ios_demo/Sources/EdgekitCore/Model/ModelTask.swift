/// What a model is for, and so how it is asked.
public enum ModelTask: String, CaseIterable, Sendable {
  case questionAnswering = "question-answering"
  case textClassification = "text-classification"
  case tokenClassification = "token-classification"
  case fillMask = "fill-mask"
  case sentenceSimilarity = "sentence-similarity"
  case sparseEmbedding = "sparse-embedding"
  case lateInteraction = "late-interaction"
  case featureExtraction = "feature-extraction"

  /// How the texts of one question become rows of ids.
  enum Rows {
    /// One row of all texts.
    case together
    /// One row a text.
    case each
    /// One row a window of the second text, each with all of the first.
    case windows
  }

  var rows: Rows {
    switch self {
    case .questionAnswering: .windows
    case .sentenceSimilarity, .sparseEmbedding, .lateInteraction: .each
    case .textClassification, .tokenClassification, .fillMask, .featureExtraction: .together
    }
  }

  /// The roles of the texts of one question; `nil`: none.
  func roles(of count: Int) -> [String?] {
    self == .lateInteraction && count == 2
      ? ["query", "document"] : Array(repeating: nil, count: count)
  }

  /// How many texts one question has.
  var textCounts: ClosedRange<Int> {
    switch self {
    case .questionAnswering: 2...2
    case .tokenClassification, .fillMask, .featureExtraction: 1...1
    case .textClassification, .sentenceSimilarity, .sparseEmbedding, .lateInteraction: 1...2
    }
  }
}

extension ModelTask: Decodable {
  public init(from decoder: any Decoder) throws {
    let name = try decoder.singleValueContainer().decode(String.self)
    guard let task = ModelTask(rawValue: name) else {
      throw EdgekitError.unsupportedTask(
        "this library has no task \(name): update it, or convert for another task")
    }
    self = task
  }
}
