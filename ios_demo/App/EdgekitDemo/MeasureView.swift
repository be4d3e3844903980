import EdgekitCore
import EdgekitCoreML
import SwiftUI

/// One file, measured in this app.
struct MeasureView: View {
  @State private var model: MeasureModel
  @State private var work = ScreenWork()

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
        Button(Word.measureStart.text) { work.start(model.run) }
      }
      .disabled(model.state.isBusy)
      Section { outcome }
      Section { Text(Word.measureCommand.text).font(.footnote).textSelection(.enabled) }
    }
    .navigationTitle(Word.measureTitle.text)
    .onDisappear { work.end() }
  }

  @ViewBuilder private var outcome: some View {
    switch model.state {
    case .choosing: EmptyView()
    case .running(_, let done, let runs):
      ProgressView(
        done == 0 ? Word.preparing.text : Word.busy.text, value: Double(done), total: Double(runs))
    case .failed(let error): ProblemText(error)
    case .done: if let measured = model.measurement { result(measured) }
    }
  }

  @ViewBuilder private func result(_ measured: MeasureModel.Measurement) -> some View {
    Text(Word.measureMedian(measured.quantile(0.5).oneDigit)).font(.headline)
    Text(measured.details)
    planRows
    ShareLink(Word.share.text, item: measured.json)
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
