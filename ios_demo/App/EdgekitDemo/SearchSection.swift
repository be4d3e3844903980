import EdgekitCore
import Observation
import SwiftUI

/// What stands behind the search: an index of sentences, made with the chosen file.
@MainActor @Observable
final class SearchModel {
  enum State {
    case empty
    case indexing(count: Int)
    case ready(count: Int, seconds: Double)
    case failed(EdgekitError)
  }

  var query = Word.sampleQuery.text
  private(set) var state = State.empty
  private(set) var hits: [SearchIndex.Hit] = []
  private var ready: (model: EdgeModel, index: SearchIndex)?

  /// Embeds every sentence with the model, which takes a while.
  func build(with tried: TryModel) async {
    let clock = ContinuousClock()
    let start = clock.now
    do {
      let model = try await tried.model()
      var index = try await model.index([])
      for (count, sentence) in SampleSentences.all.enumerated() {
        state = .indexing(count: count)
        index.add(sentence, vector: try await model.embed(sentence, role: "document").answer.vector)
      }
      ready = (model, index)
      state = .ready(count: SampleSentences.all.count, seconds: (clock.now - start) / .seconds(1))
    } catch {
      state = .failed(EdgekitError(error))
    }
  }

  /// Finds what is most alike to the query.
  func search() async {
    guard let (model, index) = ready else { return }
    do {
      hits = try await model.search(query, in: index, top: Self.top).answer.hits
    } catch {
      state = .failed(EdgekitError(error))
    }
  }

  private static let top = 5
}

/// Search by meaning over a thousand sentences.
struct SearchSection: View {
  let tried: TryModel
  @State private var model = SearchModel()

  var body: some View {
    Section(Word.searchTitle.text) {
      Text(Word.searchIntro.text).font(.footnote).foregroundStyle(.secondary)
      switch model.state {
      case .empty:
        Button(Word.searchIndex.text) { Task { await model.build(with: tried) } }
      case .indexing(let count):
        ProgressView(
          Word.searchProgress(count, SampleSentences.all.count),
          value: Double(count), total: Double(SampleSentences.all.count))
      case .failed(let error): ProblemText(error)
      case .ready(let count, let seconds):
        Text(Word.searchReady(count, seconds.formatted(.number.precision(.fractionLength(1)))))
        TextField(Word.searchQuery.text, text: $model.query)
        Button(Word.searchGo.text) { Task { await model.search() } }
        ForEach(model.hits, id: \.index) { hit in
          LabeledContent(hit.sentence, value: Double(hit.score).formatted(.fourDigits))
        }
      }
    }
  }
}
