import EdgekitCore
import Observation
import SwiftUI

/// What stands behind *Self-test*.
@MainActor @Observable
final class SelfTestModel {
  enum State {
    case idle
    case preparing
    case running
    case done(SelfTest.Report)
    case failed(String)

    var isBusy: Bool {
      switch self {
      case .preparing, .running: true
      default: false
      }
    }
  }

  let bundle: EdgekitBundle
  var file: String
  private(set) var state = State.idle

  init(bundle: EdgekitBundle) {
    self.bundle = bundle
    file = bundle.files.first?.file ?? ""
  }

  /// Runs every case of the bundle through the chosen file.
  func run() async {
    state = .preparing
    do {
      let artifact = try bundle.manifest.artifact(file)
      let engine = try await Engines.open(artifact, of: bundle, units: .all)
      state = .running
      state = .done(try await SelfTest(bundle).run(artifact: artifact, engine: engine))
      await engine.close()
    } catch {
      state = .failed(error.line)
    }
  }
}

/// The bundle's own texts, run through this phone and compared with PyTorch.
struct SelfTestView: View {
  @State private var model: SelfTestModel

  init(bundle: EdgekitBundle) {
    _model = State(initialValue: SelfTestModel(bundle: bundle))
  }

  var body: some View {
    Form {
      Section {
        Text(Word.selfTestIntro.text).foregroundStyle(.secondary)
        FileChoice(title: .file, files: model.bundle.files, file: $model.file)
        Button(Word.selfTestStart.text) { Task { await model.run() } }
          .disabled(model.state.isBusy)
      }
      Section { outcome }
    }
    .navigationTitle(Word.selfTestTitle.text)
  }

  @ViewBuilder private var outcome: some View {
    switch model.state {
    case .idle: EmptyView()
    case .preparing: ProgressView(Word.preparing.text)
    case .running: ProgressView(Word.busy.text)
    case .failed(let problem): ProblemText(problem)
    case .done(let report): SelfTestReportView(report: report)
    }
  }
}
