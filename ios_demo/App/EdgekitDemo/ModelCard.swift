import EdgekitCore
import SwiftUI

/// One bundle: what it is, and the screens that use it.
struct ModelCard: View {
  let library: ModelLibrary
  let entry: ModelLibrary.Entry

  var body: some View {
    switch entry.bundle {
    case .success(let bundle):
      VStack(alignment: .leading, spacing: 4) {
        Text(bundle.manifest.name).font(.headline)
        Text(Word.upToTokens(bundle.manifest.task.word.text, bundle.manifest.maxLength))
        Text(bundle.facts).font(.footnote).foregroundStyle(.secondary)
        if bundle.manifest.randomWeights { BannerText(Word.randomWeights.text) }
      }
      .accessibilityElement(children: .combine)
      screens(bundle)
    case .failure(let error):
      Text(entry.name).font(.headline)
      ProblemText(error.words)
    }
    if entry.isRemovable {
      Button(Word.modelsRemove.text, role: .destructive) { Task { await library.remove(entry) } }
    }
  }

  @ViewBuilder private func screens(_ bundle: EdgekitBundle) -> some View {
    if bundle.files.isEmpty {
      ProblemText(Word.modelsNoFile(bundle.formats))
    } else {
      NavigationLink(Word.tryTitle.text) { TryView(bundle: bundle) }
      NavigationLink(Word.selfTestTitle.text) { SelfTestView(bundle: bundle) }
      NavigationLink(Word.compareTitle.text) { CompareView(bundle: bundle) }
      NavigationLink(Word.measureTitle.text) { MeasureView(bundle: bundle) }
    }
  }
}

extension EdgekitBundle {
  /// The artifacts that this phone opens.
  var files: [Artifact] { manifest.artifacts.filter(Engines.opens) }

  /// The formats of all artifacts, for people.
  fileprivate var formats: String {
    Set(manifest.artifacts.map(\.format)).sorted().joined(separator: ", ")
  }

  fileprivate var facts: String {
    let license = manifest.source.license ?? Word.licenceUnknown.text
    let names =
      files.isEmpty ? Word.modelsNoFile(formats) : files.map(\.words).joined(separator: ", ")
    let size = Int64(files.reduce(0) { $0 + $1.sizeBytes }).formatted(.byteCount(style: .file))
    return Word.modelsFacts(size, names, manifest.source.origin, license)
  }
}

extension Artifact {
  /// Its name, recipe and size.
  var words: String {
    let size = Int64(sizeBytes).formatted(.byteCount(style: .file))
    return Word.modelsFile(file, recipe, size)
  }
}

extension ModelTask {
  /// What people call it.
  var word: Word {
    switch self {
    case .questionAnswering: .taskQuestionAnswering
    case .textClassification: .taskTextClassification
    case .tokenClassification: .taskTokenClassification
    case .fillMask: .taskFillMask
    case .sentenceSimilarity: .taskSentenceSimilarity
    case .sparseEmbedding: .taskSparseEmbedding
    case .lateInteraction: .taskLateInteraction
    case .featureExtraction: .taskFeatureExtraction
    }
  }
}
