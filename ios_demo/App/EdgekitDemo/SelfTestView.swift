import EdgekitCore
import Observation
import SwiftUI

/// What stands behind *Self-test*.
@MainActor @Observable
final class SelfTestModel {
  let bundle: EdgekitBundle
  var file: String
  private(set) var state = SelfTestState.idle

  init(bundle: EdgekitBundle) {
    self.bundle = bundle
    file = bundle.files.first?.file ?? ""
  }

  /// Runs every case of the bundle through the chosen file.
  func run() async {
    state = .running(cases: [])
    do {
      let artifact = try bundle.manifest.artifact(file)
      let engine = try await Engines.open(artifact, of: bundle, units: .all)
      let report = try await SelfTest(bundle).run(artifact: artifact, engine: engine) { row in
        await self.show(row)
      }
      state = .done(report: report)
      await engine.close()
    } catch {
      state = .failed(EdgekitError(error))
    }
  }

  private func show(_ row: SelfTest.Report.Case) {
    if case .running(let cases) = state { state = .running(cases: cases + [row]) }
  }
}

/// The bundle's own texts, run through this phone and compared with PyTorch.
struct SelfTestView: View {
  @State private var model: SelfTestModel
  @State private var work = ScreenWork()

  init(bundle: EdgekitBundle) {
    _model = State(initialValue: SelfTestModel(bundle: bundle))
  }

  var body: some View {
    Form {
      Section {
        Text(Word.selfTestIntro.text).foregroundStyle(.secondary)
        FileChoice(title: .file, files: model.bundle.files, file: $model.file)
        Button(Word.selfTestStart.text) { work.start(model.run) }
      }
      .disabled(model.state.isBusy)
      Section { outcome }
    }
    .navigationTitle(Word.selfTestTitle.text)
    .onDisappear { work.end() }
  }

  @ViewBuilder private var outcome: some View {
    switch model.state {
    case .idle: EmptyView()
    case .running(let cases):
      ProgressView(cases.isEmpty ? Word.preparing.text : Word.busy.text)
      CasesView(cases: cases)
    case .failed(let error): ProblemText(error)
    case .done(let report): SelfTestReportView(report: report)
    }
  }
}
