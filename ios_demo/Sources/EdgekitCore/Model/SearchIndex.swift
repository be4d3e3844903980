/// Sentences with their vectors, to search in by meaning.
public struct SearchIndex: Sendable {
  private let similarity: VectorSimilarity
  private var sentences: [String] = []
  private var vectors: [[Float]] = []

  /// - Parameter similarity: How vectors are compared, as the manifest says.
  public init(similarity: VectorSimilarity = .cosine) {
    self.similarity = similarity
  }

  public var count: Int { sentences.count }

  /// Adds a sentence; for cosines its vector is kept at length 1.
  public mutating func add(_ sentence: String, vector: [Float]) {
    sentences.append(sentence)
    vectors.append(similarity == .cosine ? Self.normalized(vector) : vector)
  }

  /// The sentences that are most alike, from the best on; of equal ones the one added first.
  public func search(_ vector: [Float], top: Int) -> Hits {
    let isCosine = similarity == .cosine
    let query = isCosine ? Self.normalized(vector) : vector
    let scores = vectors.map { (isCosine ? .dot : similarity).between(query, $0) }
    let hits = Scores.ranked(scores, top: top).map {
      Hit(sentence: sentences[$0], index: $0, score: scores[$0])
    }
    return Hits(hits: hits)
  }

  /// A sentence that was found.
  public struct Hit: Encodable, Equatable, Sendable {
    public let sentence: String
    /// In the order in which sentences were added.
    public let index: Int
    public let score: Float
  }

  /// What a search finds, the best first.
  public struct Hits: Answer {
    public let hits: [Hit]
  }

  private static func normalized(_ vector: [Float]) -> [Float] {
    let length = VectorSimilarity.dot(vector, vector).squareRoot()
    return length == 0 ? vector : vector.map { Float(Double($0) / length) }
  }
}
