import EdgekitBench
import EdgekitCore
import EdgekitCoreML
import Foundation
import Observation

/// What stands behind *Benchmark*: one file at one length, so many times.
@MainActor @Observable
final class MeasureModel {
  /// Latencies of one file on this phone.
  struct Measurement: Encodable, Sendable {
    let file: String
    let runtime: String
    let length: Int
    let loadMs: Double
    let firstMs: Double
    /// Without the first, in the order of the runs.
    let latencyMs: [Double]

    private enum CodingKeys: String, CodingKey {
      case file, runtime, length
      case loadMs = "load_ms"
      case firstMs = "first_ms"
      case latencyMs = "latency_ms"
    }

    /// The latency that a share of the runs does not exceed.
    func quantile(_ share: Double) -> Double {
      let sorted = latencyMs.sorted()
      return sorted[Int((Double(sorted.count - 1) * share).rounded())]
    }
  }

  /// What may be chosen for ``runs``.
  static let counts = [10, 50, 200]

  let bundle: EdgekitBundle
  var file: String {
    didSet { if !lengths.contains(length) { length = lengths[lengths.count - 1] } }
  }
  var units = ComputeUnits.all
  var length: Int
  /// Inferences, besides a first one.
  var runs = 50
  private(set) var state: BenchmarkState
  /// The last result, to be shared.
  private(set) var measurement: Measurement?
  private(set) var plan: [ComputePlan.Device: Int] = [:]

  init(bundle: EdgekitBundle) {
    self.bundle = bundle
    state = .choosing(files: bundle.files)
    file = bundle.files.first?.file ?? ""
    length = bundle.files.first?.buckets?.last ?? bundle.manifest.maxLength
  }

  /// The lengths that the chosen file takes.
  var lengths: [Int] {
    (try? bundle.manifest.artifact(file))?.buckets ?? [bundle.manifest.maxLength]
  }

  func run() async {
    state = .running(file: file, done: 0, of: runs)
    do {
      let artifact = try bundle.manifest.artifact(file)
      let measured = try await measure(artifact)
      plan = try await counts(artifact)
      measurement = measured
      state = .done(file: file, latenciesMs: measured.latencyMs)
    } catch {
      state = .failed(EdgekitError(error))
    }
  }

  /// Opens the file, and runs it once and then as often as was chosen.
  private func measure(_ artifact: Artifact) async throws -> Measurement {
    let clock = ContinuousClock()
    let start = clock.now
    let engine = try await Engines.open(artifact, of: bundle, units: units)
    let loadMs = (clock.now - start).milliseconds
    let row = [Int32](repeating: 1, count: length)
    let rows = Dictionary(uniqueKeysWithValues: artifact.inputs.map { ($0.name, row) })
    let latencyMs = try await Self.latencies(of: engine, rows: rows, runs: runs) { done in
      self.state = .running(file: artifact.file, done: done, of: self.runs)
    }
    await engine.close()
    return Measurement(
      file: artifact.file, runtime: engine.title, length: length, loadMs: loadMs,
      firstMs: latencyMs[0], latencyMs: Array(latencyMs.dropFirst()))
  }

  /// Milliseconds of a first inference and of so many more, away from the main thread: there they
  /// would end only when nothing is drawn.
  nonisolated private static func latencies(
    of engine: any Engine, rows: [String: [Int32]], runs: Int,
    progress: @MainActor (Int) -> Void
  ) async throws -> [Double] {
    let clock = ContinuousClock()
    var latencyMs: [Double] = []
    for done in 0...runs {
      try Task.checkCancellation()
      await progress(done)
      let start = clock.now
      _ = try await engine.run(rows)
      latencyMs.append((clock.now - start).milliseconds)
    }
    return latencyMs
  }

  /// How many operations Core ML means to run where.
  private func counts(_ artifact: Artifact) async throws -> [ComputePlan.Device: Int] {
    guard artifact.format == "coreml" else { return [:] }
    let function = (artifact.buckets?.count ?? 0) > 1 ? "seq_\(length)" : nil
    let compiled = try await Engines.compiled(artifact, of: bundle)
    return try await ComputePlan(compiled: compiled, function: function, units: units).counts
  }
}
