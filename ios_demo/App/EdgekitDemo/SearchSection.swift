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
  }

  var query = Word.sampleQuery.text
  private(set) var state = State.empty
  private(set) var hits: [SearchIndex.Hit] = []
  /// Why the last try failed; an index that is there stays.
  private(set) var problem: EdgekitError?
  private var ready: (model: EdgeModel, index: SearchIndex)?

  /// Embeds every sentence with the model, which takes a while.
  func build(with tried: TryModel) async {
    problem = nil
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
      problem = EdgekitError(error)
      state = .empty
    }
  }

  /// Finds what is most alike to the query.
  func search() async {
    guard let (model, index) = ready else { return }
    problem = nil
    do {
      hits = try await model.search(query, in: index, top: Self.top).answer.hits
    } catch {
      problem = EdgekitError(error)
    }
  }

  private static let top = 5
}

/// Search by meaning over a thousand sentences.
struct SearchSection: View {
  let tried: TryModel
  let work: ScreenWork
  @State private var model = SearchModel()

  var body: some View {
    Section(Word.searchTitle.text) {
      Text(Word.searchIntro.text).font(.footnote).foregroundStyle(.secondary)
      switch model.state {
      case .empty:
        Button(Word.searchIndex.text) { work.start { await model.build(with: tried) } }
      case .indexing(let count):
        ProgressView(
          Word.searchProgress(count, SampleSentences.all.count),
          value: Double(count), total: Double(SampleSentences.all.count))
      case .ready(let count, let seconds):
        Text(Word.searchReady(count, seconds.formatted(.number.precision(.fractionLength(1)))))
        TextField(Word.searchQuery.text, text: $model.query)
        Button(Word.searchGo.text) { work.start { await model.search() } }
        ForEach(model.hits, id: \.index) { hit in
          LabeledContent(hit.sentence, value: Double(hit.score).formatted(.fourDigits))
        }
      }
      if let problem = model.problem { ProblemText(problem) }
    }
  }
}
