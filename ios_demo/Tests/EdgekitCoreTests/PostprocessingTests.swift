import Testing

@testable import EdgekitCore

@Suite struct PostprocessingTests {
  @Test(arguments: [nil, 3, 100])
  func ofEqualValuesTheFirstIsTheBetter(top: Int?) {
    let ranked = Scores.ranked([1, 2, -1, 2, 0, -0.0] as [Float], top: top)
    #expect(ranked == Array([1, 3, 0, 4, 5, 2].prefix(top ?? .max)))
  }

  @Test func softmaxDoesNotOverflow() {
    #expect(Scores.softmax([1000, 1000] as [Float]) == [0.5, 0.5])
    #expect(Scores.sigmoid([-1000, 1000] as [Float]) == [0, 1])
  }

  /// Two answers that look alike but differ in their code points are two.
  @Test func spansAreToldApartByCodePoints() {
    let passage = CodePoints("\u{E9} e\u{301}")
    var row = Encoding()
    (row.ids, row.typeIds) = ([0, 1, 2], [0, 0, 0])
    (row.starts, row.ends) = ([0, 0, 2], [0, 1, 4])
    (row.sequenceIds, row.wordIds) = ([nil, 1, 1], [nil, 0, 1])
    let window = QuestionAnswering.Window(
      row: row, startLogits: [0, 2, 1], endLogits: [0, 2, 1])
    let settings = PostprocessingSettings(
      activation: .softmax, threshold: nil, nullThreshold: 0, maxAnswerTokens: 1, top: 5)
    let answer = QuestionAnswering(
      settings: settings, mending: Mending(marks: CodePointSet(edges: [0x300, 0x36F]))
    )
    .answer([window], passage: passage, top: 5)
    #expect(answer.spans.map(\.score) == [4, 2])
    #expect(answer.best.map { passage.text[$0.range] } == "\u{E9}")
  }

  @Test func theSearchFindsTheClosest() {
    var index = SearchIndex()
    let sentences: [(String, [Float])] = [
      ("east", [2, 0]), ("north", [0, 9]), ("west", [-1, 0]),
    ]
    for (name, vector) in sentences {
      index.add(name, vector: vector)
    }
    let hits = index.search([3, 1], top: 2).hits
    #expect(hits.map(\.sentence) == ["east", "north"])
    #expect(abs(hits[0].score - 0.948_683_3) < 1e-6)
  }

  @Test(arguments: [(1, 32), (32, 32), (33, 64)])
  func theSmallestBucketIsTaken(tokens: Int, bucket: Int) {
    #expect(Buckets.smallest(for: tokens, of: [32, 64]) == bucket)
    #expect(Buckets.smallest(for: 65, of: [32, 64]) == nil)
    #expect(Buckets.smallest(for: tokens, of: nil) == tokens)
  }
}
