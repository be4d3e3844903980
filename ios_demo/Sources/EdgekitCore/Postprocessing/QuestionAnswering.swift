/// From logits to spans.
struct QuestionAnswering: Sendable {
  let settings: PostprocessingSettings
  let mending: Mending

  private static let mostSpans = 20
  private static let mostTokens = 30

  /// One row of question and passage with a logit for each of its tokens.
  struct Window: Sendable {
    let row: Encoding
    let startLogits: [Float]
    let endLogits: [Float]

    var nullScore: Float { startLogits[0] + endLogits[0] }
  }

  /// The best spans of a passage that the windows cover.
  ///
  /// - Parameter top: How many are kept.
  func answer(_ windows: [Window], passage: CodePoints, top: Int) -> QuestionAnswer {
    let nullScore = windows.map(\.nullScore).min() ?? 0
    let mostTokens = settings.maxAnswerTokens ?? Self.mostTokens
    let candidates = windows.flatMap { $0.candidates(mostTokens: mostTokens) }.sorted()
    let best = distinct(candidates, passage)
    let shares = Scores.softmax(best.map(\.score) + [nullScore])
    let spans = zip(best, shares).prefix(top).map { candidate, share in
      QuestionAnswer.Span(
        text: passage.piece(candidate.range), start: candidate.range.lowerBound,
        end: candidate.range.upperBound, range: passage.indices(of: candidate.range),
        score: candidate.score, probability: share)
    }
    let shown = spans.first.flatMap { isSilent($0, nullScore: nullScore) ? nil : $0 }
    return QuestionAnswer(best: shown, spans: spans, nullScore: nullScore)
  }

  /// Whether no answer beats the best span by more than the threshold.
  private func isSilent(_ best: QuestionAnswer.Span, nullScore: Float) -> Bool {
    settings.nullThreshold.map { nullScore - best.score > $0 } ?? false
  }

  /// The first that are not empty and do not repeat the text of a better one.
  private func distinct(_ candidates: [Candidate], _ passage: CodePoints) -> [Candidate] {
    var seen: Set<ArraySlice<Unicode.Scalar>> = []
    var kept: [Candidate] = []
    for candidate in candidates where kept.count < Self.mostSpans {
      let range = mending.mended(candidate.range, of: passage)
      if !range.isEmpty, seen.insert(passage.scalars[range]).inserted {
        kept.append(Candidate(range: range, score: candidate.score))
      }
    }
    return kept
  }
}

/// A span that may be the answer.
struct Candidate: Sendable {
  let range: Range<Int>
  let score: Float
}

extension Candidate: Comparable {
  /// The better one first; of equal scores the smaller start, then the smaller end.
  static func < (one: Candidate, other: Candidate) -> Bool {
    if one.score != other.score { return one.score > other.score }
    let (a, b) = (one.range, other.range)
    return (a.lowerBound, a.upperBound) < (b.lowerBound, b.upperBound)
  }
}

extension QuestionAnswering.Window {
  private static let passage = 1

  /// Every allowed span: both tokens of the passage, in order, not too far apart.
  func candidates(mostTokens: Int) -> [Candidate] {
    let tokens = (0..<row.count).filter { row.sequenceIds[$0] == Self.passage }
    return tokens.indices.flatMap { place in
      let first = tokens[place]
      return tokens[place...].prefix { $0 < first + mostTokens }.map { last in
        let start = row.starts[first]
        return Candidate(
          range: start..<max(start, row.ends[last]), score: startLogits[first] + endLogits[last])
      }
    }
  }
}
