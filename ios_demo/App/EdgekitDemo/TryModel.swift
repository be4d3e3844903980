import EdgekitCore
import EdgekitCoreML
import Foundation
import Observation

/// What stands behind *Try*: a file of the bundle, the texts, and what it made of them.
@MainActor @Observable
final class TryModel {
  let bundle: EdgekitBundle
  var file: String
  var units = ComputeUnits.all
  var first = ""
  var second = ""
  private(set) var state = TryState.noModel
  /// What stands for a blank; empty where the tokenizer has none.
  private(set) var mask = ""
  private var opened: Opened?

  /// A model that is open, and what it was opened with.
  private struct Opened {
    let file: String
    let units: ComputeUnits
    let model: EdgeModel
  }

  init(bundle: EdgekitBundle) {
    self.bundle = bundle
    file = bundle.files.first?.file ?? ""
  }

  /// How many texts the task takes.
  var isPair: Bool { bundle.manifest.task.takesTwo }

  /// The texts that are given: of a pair the second may be empty where the task says so.
  var texts: [String] {
    isPair && !(second.isEmpty && bundle.manifest.task.takesOne) ? [first, second] : [first]
  }

  /// Asks the model; a change of the file or the processors opens it anew.
  func run() async {
    let texts = texts
    do {
      let model = try await model()
      state = .running(bundle: bundle.manifest.name, file: file)
      state = .done(texts: texts, result: try await model.ask(texts))
    } catch {
      state = .failed(EdgekitError(error))
    }
  }

  /// The open model of the chosen file.
  func model() async throws -> EdgeModel {
    if let opened, opened.file == file, opened.units == units { return opened.model }
    let name = bundle.manifest.name
    state = .preparing(bundle: name, file: file)
    do {
      let model = try await EdgeModel.open(bundle, file: file, units: units)
      await opened?.model.engine.close()
      opened = Opened(file: file, units: units, model: model)
      state = .ready(bundle: name, file: file, runtime: model.engine.title)
      return model
    } catch {
      state = .failed(EdgekitError(error))
      throw error
    }
  }

  /// Reads how the tokenizer writes a blank.
  func readMask() async {
    guard let id = bundle.manifest.tokenizer?.specialTokens["mask_token"] else { return }
    let bundle = bundle
    mask = await Task.detached { try? bundle.tokenizer().token(id) }.value ?? ""
  }

  /// Puts a blank at the end of the first text.
  func insertMask() {
    first += mask
  }

  /// Fills in an example.
  func useSample() {
    (first, second) = bundle.manifest.task.sample(mask: mask)
  }
}

extension EdgeModel {
  /// Opens a file of a bundle on this phone.
  static func open(
    _ bundle: EdgekitBundle, file: String, units: ComputeUnits = .all
  ) async throws -> EdgeModel {
    let artifact = try bundle.manifest.artifact(file)
    let engine = try await Engines.open(artifact, of: bundle, units: units)
    return try EdgeModel(bundle: bundle, artifact: artifact, engine: engine)
  }
}

extension ModelTask {
  var takesTwo: Bool {
    switch self {
    case .questionAnswering, .textClassification, .sentenceSimilarity, .sparseEmbedding,
      .lateInteraction:
      true
    case .tokenClassification, .fillMask, .featureExtraction: false
    }
  }

  var takesOne: Bool { self != .questionAnswering }

  /// Two texts to begin with; the second is empty where one is enough.
  fileprivate func sample(mask: String) -> (String, String) {
    switch self {
    case .questionAnswering: (Word.sampleQuestion.text, Word.samplePassage.text)
    case .textClassification: (Word.sampleReview.text, "")
    case .tokenClassification, .featureExtraction: (Word.sampleEntities.text, "")
    case .fillMask: (Word.sampleMasked(mask), "")
    case .sentenceSimilarity, .sparseEmbedding, .lateInteraction:
      (Word.sampleSentence.text, Word.sampleOtherSentence.text)
    }
  }
}
