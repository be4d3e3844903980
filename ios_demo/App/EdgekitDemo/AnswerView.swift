import EdgekitCore
import SwiftUI

/// What a model answered, as its task has it.
struct AnswerView: View {
  let answer: any Answer
  /// The texts that were asked about.
  let texts: [String]

  var body: some View {
    switch answer {
    case let answer as QuestionAnswer: SpansView(answer: answer, passage: texts.last ?? "")
    case let answer as Classification: LabelsView(answer: answer)
    case let answer as Tagging: EntitiesView(answer: answer, text: texts.first ?? "")
    case let answer as FillMask: FillersView(answer: answer)
    case let answer as Similarity:
      Text(Word.trySimilarity(Double(answer.similarity).formatted(.fourDigits))).font(.headline)
    case let answer as SparseEmbedding: WeightsView(answer: answer)
    case let answer as Embedding: Text(Word.tryValues(answer.vector.count, answer.nonzero))
    case let answer as LateInteraction:
      Text(Word.tryTokens(answer.vectors.count, answer.vectors.first?.count ?? 0))
    case let answer as Features:
      Text(Word.tryTokens(answer.tokens.count, answer.tokens.first?.vector.count ?? 0))
    default: EmptyView()
    }
  }
}

extension Embedding {
  fileprivate var nonzero: Int { vector.count { $0 != 0 } }
}

extension FormatStyle where Self == FloatingPointFormatStyle<Double> {
  /// As many digits as two recipes differ by.
  static var fourDigits: Self { .number.precision(.fractionLength(4)) }
}

/// The passage with its answer highlighted, and the best spans.
private struct SpansView: View {
  let answer: QuestionAnswer
  let passage: String

  private static let shown = 5

  var body: some View {
    Text(Word.tryAnswer.text).font(.subheadline)
    Text(answer.best?.text ?? Word.tryNoAnswer.text).font(.headline).textSelection(.enabled)
    Text(passage.highlighting(answer.best.map { [$0.range] } ?? [])).textSelection(.enabled)
    Text(Word.trySpans.text).font(.subheadline)
    ForEach(answer.spans.prefix(Self.shown), id: \.text) { span in
      ScoreBar(label: span.text, score: span.probability)
    }
  }
}

/// Every label with its score, and the chosen ones.
private struct LabelsView: View {
  let answer: Classification

  var body: some View {
    if !answer.chosen.isEmpty {
      Text(Word.tryChosen(answer.chosen.joined(separator: ", "))).font(.headline)
    } else if answer.problemType != "regression" {
      Text(Word.tryNoneChosen.text).font(.headline)
    }
    ForEach(answer.labels, id: \.index) { label in
      if answer.problemType == "regression" {
        LabeledContent(label.label, value: Double(label.score).formatted(.fourDigits))
      } else {
        ScoreBar(label: label.label, score: label.score)
      }
    }
  }
}

/// The text with its entities highlighted, and each of them.
private struct EntitiesView: View {
  let answer: Tagging
  let text: String

  var body: some View {
    Text(text.highlighting(answer.entities.map(\.range))).textSelection(.enabled)
    if answer.entities.isEmpty { Text(Word.tryNoEntity.text) }
    ForEach(answer.entities, id: \.start) { entity in
      ScoreBar(label: "\(entity.text) (\(entity.label))", score: entity.score)
    }
  }
}

/// What may stand at each mask.
private struct FillersView: View {
  let answer: FillMask

  var body: some View {
    ForEach(Array(answer.masks.enumerated()), id: \.offset) { place, mask in
      Text(Word.tryBlank(place + 1)).font(.subheadline)
      ForEach(mask.fillers, id: \.tokenId) { filler in
        ScoreBar(label: filler.token, score: filler.score)
      }
    }
  }
}

/// The largest weights of a sparse vector.
private struct WeightsView: View {
  let answer: SparseEmbedding

  var body: some View {
    Text(Word.tryValues(answer.vector.count, answer.nonzero))
    ForEach(answer.weights, id: \.index) { weight in
      LabeledContent(weight.token, value: Double(weight.weight).formatted(.fourDigits))
    }
  }
}

extension String {
  /// The text with these ranges marked.
  func highlighting(_ ranges: [Range<String.Index>]) -> AttributedString {
    var marked = AttributedString(self)
    for range in ranges {
      guard let place = Range<AttributedString.Index>(range, in: marked) else { continue }
      marked[place].backgroundColor = .yellow.opacity(0.4)  // read in light and dark
    }
    return marked
  }
}
