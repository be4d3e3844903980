import EdgekitCore
import SwiftUI

/// What went wrong, and what to do.
struct ProblemText: View {
  private let text: String

  init(_ text: String) {
    self.text = text
  }

  init(_ error: EdgekitError) {
    self.init(error.words)
  }

  var body: some View {
    Label(text, systemImage: "exclamationmark.triangle").foregroundStyle(.red)
  }
}

/// Something that has to be known of what stands beside it.
struct BannerText: View {
  private let text: String

  init(_ text: String) {
    self.text = text
  }

  var body: some View {
    Label(text, systemImage: "info.circle")
      .font(.footnote)
      .padding(8)
      .background(.yellow.opacity(0.25), in: RoundedRectangle(cornerRadius: 8))
  }
}

/// A score between 0 and 1 as a bar, with its label and its number.
struct ScoreBar: View {
  let label: String
  let score: Float

  private var percent: String { Double(score).formatted(.percent.precision(.fractionLength(1))) }

  var body: some View {
    VStack(alignment: .leading, spacing: 2) {
      HStack {
        Text(label)
        Spacer()
        Text(percent).monospacedDigit().foregroundStyle(.secondary)
      }
      ProgressView(value: Double(min(max(score, 0), 1)))
    }
    .accessibilityElement(children: .ignore)
    .accessibilityLabel(Word.percentOf(label, Double(score * 100).oneDigit))
  }
}

/// Chooses one of a bundle's files.
struct FileChoice: View {
  let title: Word
  let files: [Artifact]
  @Binding var file: String

  var body: some View {
    Picker(title.text, selection: $file) {
      ForEach(files, id: \.file) { artifact in
        Text(artifact.words).tag(artifact.file)
      }
    }
  }
}

extension EdgekitError {
  /// The error in the phone's language where the app has words for it.
  var words: String {
    switch self {
    case .missingFile(let file): Word.errorMissingFile(file)
    case .damagedFile(let file, _): Word.errorDamagedFile(file)
    case .emptyText: Word.errorEmptyText.text
    case .questionTooLong: Word.errorQuestionTooLong.text
    case .noMask: Word.errorNoMask.text
    default: message
    }
  }
}
