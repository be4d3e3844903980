import EdgekitCore
import EdgekitCoreML
import SwiftUI

/// A text, and what a file of the bundle makes of it.
struct TryView: View {
  @State private var model: TryModel
  @State private var work = ScreenWork()

  init(bundle: EdgekitBundle) {
    _model = State(initialValue: TryModel(bundle: bundle))
  }

  var body: some View {
    Form {
      Section {
        FileChoice(title: .file, files: model.bundle.files, file: $model.file)
        Picker(Word.computeUnits.text, selection: $model.units) {
          ForEach(ComputeUnits.allCases) { Text($0.title).tag($0) }
        }
      }
      Section {
        TextsView(
          task: model.bundle.manifest.task, first: $model.first, second: $model.second)
        if model.bundle.manifest.task == .fillMask, !model.mask.isEmpty {
          Button(Word.tryMask.text) { model.insertMask() }
        }
        Button(Word.trySample.text) { model.useSample() }
        Button(Word.tryAsk.text) { work.start(model.run) }
          .disabled(model.state.isBusy || model.first.isEmpty)
      }
      Section { StateView(state: model.state) }
      if model.bundle.manifest.task == .sentenceSimilarity {
        SearchSection(tried: model, work: work)
      }
    }
    .navigationTitle(Word.tryTitle.text)
    .onDisappear { work.end() }
    .task { await model.readMask() }
  }
}

/// The fields of a task's texts.
struct TextsView: View {
  let task: ModelTask
  @Binding var first: String
  @Binding var second: String

  var body: some View {
    switch task {
    case .questionAnswering:
      field(.tryPassage, $second)
      field(.tryQuestion, $first)
    case .textClassification, .sentenceSimilarity, .sparseEmbedding, .lateInteraction:
      field(.tryFirst, $first)
      field(.trySecond, $second)
    case .tokenClassification, .fillMask, .featureExtraction:
      field(.tryText, $first)
    }
  }

  private func field(_ word: Word, _ text: Binding<String>) -> some View {
    TextField(word.text, text: text, axis: .vertical)
      .accessibilityLabel(word.text)
  }
}

/// What a screen shows of its model: that it works, what it answered, or why not.
private struct StateView: View {
  let state: TryState

  var body: some View {
    switch state {
    case .noModel: EmptyView()
    case .preparing: ProgressView(Word.preparing.text)
    case .ready(_, _, let runtime): Text(runtime).font(.footnote).foregroundStyle(.secondary)
    case .running: ProgressView(Word.busy.text)
    case .failed(let error): ProblemText(error)
    case .done(let texts, let answered):
      NoticeView(answered: answered)
      AnswerView(answer: answered.answer, texts: texts)
      Text(answered.timing).font(.footnote).foregroundStyle(.secondary)
    }
  }
}

/// What has to be known of an answer: that a text was too long for one inference.
struct NoticeView: View {
  let answered: Answered<any Answer>

  var body: some View {
    if answered.isWindowed {
      BannerText(Word.tryWindowed(answered.windows))
    } else if answered.leftOut > 0 {
      BannerText(Word.tryLeftOut(answered.leftOut))
    }
  }
}

extension Answered<any Answer> {
  /// Whether a passage was read in several windows.
  fileprivate var isWindowed: Bool { answer is QuestionAnswer && windows > 1 }

  /// How long it took, of how many tokens, at which length.
  var timing: String {
    isWindowed
      ? Word.tryTimingWindows(latencyMs.oneDigit, windows, tokens, bucket)
      : Word.tryTiming(latencyMs.oneDigit, tokens, bucket)
  }
}
