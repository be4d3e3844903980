import EdgekitCore
import EdgekitCoreML
import SwiftUI

/// One file, measured in this app.
struct MeasureView: View {
  @State private var model: MeasureModel

  init(bundle: EdgekitBundle) {
    _model = State(initialValue: MeasureModel(bundle: bundle))
  }

  var body: some View {
    Form {
      Section {
        Text(Word.measureIntro.text).foregroundStyle(.secondary)
        FileChoice(title: .file, files: model.bundle.files, file: $model.file)
        Picker(Word.measureLength.text, selection: $model.length) {
          ForEach(model.lengths, id: \.self) { Text($0.formatted()).tag($0) }
        }
        Picker(Word.computeUnits.text, selection: $model.units) {
          ForEach(ComputeUnits.allCases) { Text($0.title).tag($0) }
        }
        Picker(Word.measureRuns.text, selection: $model.runs) {
          ForEach(MeasureModel.counts, id: \.self) { Text($0.formatted()).tag($0) }
        }
        Button(Word.measureStart.text) { Task { await model.run() } }
          .disabled(model.state.isBusy)
      }
      Section { outcome }
      Section { Text(Word.measureCommand.text).font(.footnote).textSelection(.enabled) }
    }
    .navigationTitle(Word.measureTitle.text)
  }

  @ViewBuilder private var outcome: some View {
    switch model.state {
    case .idle: EmptyView()
    case .preparing: ProgressView(Word.preparing.text)
    case .running: ProgressView(Word.busy.text)
    case .failed(let problem): ProblemText(problem)
    case .done(let measured):
      Text(Word.measureMedian(measured.quantile(0.5).oneDigit)).font(.headline)
      Text(measured.details)
      planRows
      ShareLink(Word.share.text, item: measured.json)
    }
  }

  @ViewBuilder private var planRows: some View {
    if !model.plan.isEmpty {
      Text(Word.computePlan.text).font(.subheadline)
      ForEach(ComputePlan.Device.allCases, id: \.self) { device in
        Text(Word.computePlanRow(device.rawValue, model.plan[device] ?? 0))
      }
    }
  }
}

extension MeasureModel.Measurement {
  fileprivate var details: String {
    Word.measureDetails(
      latencyMs.count, quantile(0.1).oneDigit, quantile(0.9).oneDigit, loadMs.oneDigit,
      firstMs.oneDigit)
  }

  fileprivate var json: String {
    (try? JSONEncoder().encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
}

extension Double {
  /// For milliseconds.
  var oneDigit: String { formatted(.number.precision(.fractionLength(1))) }
}
