import EdgekitCore
import Observation
import SwiftUI

/// What stands behind *Compare*: two files of one bundle, asked the same.
@MainActor @Observable
final class CompareModel {
  let left: TryModel
  let right: TryModel
  private(set) var state: CompareState
  /// What was asked last, and of which files.
  private(set) var texts: [String] = []
  private(set) var files = (left: "", right: "")

  init(bundle: EdgekitBundle) {
    left = TryModel(bundle: bundle)
    right = TryModel(bundle: bundle)
    state = .choosing(files: bundle.files)
    right.file = bundle.files.last?.file ?? ""
  }

  /// Fills in an example, with the tokenizer's own mask where it has one.
  func useSample() async {
    guard left.first.isEmpty else { return }
    await left.readMask()
    left.useSample()
  }

  /// Asks one after the other, so that neither takes the other's processors.
  func run() async {
    state = .running(first: left.file, second: right.file)
    texts = left.texts
    files = (left.file, right.file)
    do {
      let first = try await answer(of: left)
      let second = try await answer(of: right)
      state = .done(first: first, second: second)
    } catch {
      state = .failed(EdgekitError(error))
    }
  }

  /// What a file answers; its first answer is slower than all others.
  private func answer(of tried: TryModel) async throws -> Answered<any Answer> {
    let model = try await tried.model()
    _ = try await model.ask(texts)
    return try await model.ask(texts)
  }
}

/// Two files, the same text, side by side.
struct CompareView: View {
  @State private var model: CompareModel
  @State private var work = ScreenWork()

  init(bundle: EdgekitBundle) {
    _model = State(initialValue: CompareModel(bundle: bundle))
  }

  var body: some View {
    Form {
      Section {
        Text(Word.compareIntro.text).foregroundStyle(.secondary)
        if model.left.bundle.files.count < 2 {
          BannerText(Word.compareOneFile.text)
        }
        FileChoice(
          title: .compareLeft, files: model.left.bundle.files, file: Bindable(model.left).file)
        FileChoice(
          title: .compareRight, files: model.left.bundle.files, file: Bindable(model.right).file)
      }
      .disabled(model.state.isBusy)
      Section {
        TextsView(
          task: model.left.bundle.manifest.task, first: Bindable(model.left).first,
          second: Bindable(model.left).second)
        Button(Word.compareStart.text) { work.start(model.run) }
          .disabled(model.state.isBusy || model.left.first.isEmpty)
      }
      outcome
    }
    .navigationTitle(Word.compareTitle.text)
    .task { await model.useSample() }
    .onDisappear { work.end() }
  }

  @ViewBuilder private var outcome: some View {
    switch model.state {
    case .choosing: EmptyView()
    case .running: ProgressView(Word.preparing.text)
    case .failed(let error): ProblemText(error)
    case .done(let first, let second):
      if let decision = first.answer.decision {
        let isSame = decision == second.answer.decision
        Section { Text(isSame ? Word.compareSame.text : Word.compareDifferent.text) }
      }
      column(model.files.left, first)
      column(model.files.right, second)
    }
  }

  private func column(_ file: String, _ answered: Answered<any Answer>) -> some View {
    Section(file) {
      AnswerView(answer: answered.answer, texts: model.texts)
      Text(answered.timing).font(.footnote).foregroundStyle(.secondary)
    }
  }
}

extension Answer {
  /// What a user would act on, without its scores, in which two recipes always differ; `nil` where
  /// nothing is decided.
  fileprivate var decision: String? {
    switch self {
    case let answer as QuestionAnswer: answer.best?.text ?? ""
    case let answer as Classification:
      (answer.chosen + answer.labels.prefix(1).map(\.label)).joined(separator: "\n")
    case let answer as Tagging:
      answer.entities.map { "\($0.start)-\($0.end) \($0.label)" }.joined(separator: "\n")
    case let answer as FillMask:
      answer.masks.map { $0.fillers.first?.token ?? "" }.joined(separator: "\n")
    case let answer as Similarity: Double(answer.similarity).formatted(.twoDigits)
    default: nil
    }
  }
}

extension FormatStyle where Self == FloatingPointFormatStyle<Double> {
  fileprivate static var twoDigits: Self { .number.precision(.fractionLength(2)) }
}
