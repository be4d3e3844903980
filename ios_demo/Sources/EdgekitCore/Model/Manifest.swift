/// What manifest.json says of a bundle, as far as an app needs it. `docs/bundle.md` has all of it.
public struct Manifest: Decodable, Sendable, Checked {
  /// `major.minor`.
  public let schemaVersion: String
  public let edgekitVersion: String
  /// For people, and unique among an app's bundles.
  public let name: String
  public let task: ModelTask
  /// What the logits of a text classification mean; `nil` for other tasks.
  public let problemType: String?
  /// In the order of the logits; empty where the task has none.
  public let labels: [String]
  /// Whether the weights are from a seed: good for speed, never for answers.
  public let randomWeights: Bool
  public let source: Source
  /// Tokens that the model takes, special ones included.
  public let maxLength: Int
  public let padId: Int
  /// How two vectors are compared; `nil` is by their cosine.
  public let similarity: VectorSimilarity?
  /// What an app puts before a text, by the text's role, such as `query` and `document`.
  public let prompts: [String: String]
  /// Which of the prompts stands before a text without a role; `nil`: none.
  public let defaultPromptName: String?
  /// What a text's role decides of its row; `nil`: nothing.
  public let roles: [String: Role]?
  /// `nil` for a bundle without one.
  public let tokenizer: TokenizerFacts?
  public let postprocessing: PostprocessingSettings
  public let golden: FileEntry
  /// `nil` where there is no tokenizer.
  public let postprocess: FileEntry?
  public let artifacts: [Artifact]

  /// The checkpoint that the bundle was made of.
  public struct Source: Decodable, Sendable {
    /// A folder, or its name on the hub.
    public let origin: String
    /// As its makers name it.
    public let license: String?
  }

  /// What stands before a text of this role; of `nil`, before one without a role.
  public func prompt(for role: String?) -> String {
    (role ?? defaultPromptName).flatMap { prompts[$0] } ?? ""
  }

  /// What a role decides; of `nil`, that of texts without one.
  func role(_ name: String?) -> Role {
    roles?[name ?? Role.none] ?? roles?[Role.none] ?? .plain
  }

  /// The id of the tokenizer's mask, where it has one.
  var maskId: Int? { tokenizer?.specialTokens["mask_token"] }

  /// Every file that the manifest names.
  public var files: [FileEntry] {
    let texts = [golden, postprocess].compactMap { $0 } + (tokenizer?.files ?? [])
    return texts + artifacts.flatMap { [$0.entry, $0.data].compactMap { $0 } }
  }

  /// Every path that it names.
  var paths: [String] {
    files.map(\.file) + [tokenizer?.app?.settings, tokenizer?.app?.vocabulary].compactMap { $0 }
  }

  var flaw: String? {
    let buckets = artifacts.compactMap(\.buckets)
    let ofRoles = (roles ?? [:]).values.flatMap { [$0.maxLength, $0.expansion?.length] }
    let counts =
      [maxLength, postprocessing.top, postprocessing.maxAnswerTokens ?? 1]
      + ofRoles.compactMap { $0 }
    let shapes = artifacts.flatMap { ($0.inputs + $0.outputs).flatMap(\.shape) }
    let isFree = shapes.allSatisfy { if case .fixed(let size) = $0 { size.isCount } else { true } }
    if !paths.allSatisfy(EdgekitBundle.isInside) { return "a path leads out of the bundle" }
    if buckets.contains(where: \.isEmpty) { return "a file takes no length" }
    if artifacts.contains(where: \.proofs.isEmpty) { return "a file has no proof" }
    let areCounts = (counts + buckets.joined()).allSatisfy { $0.isCount && $0 > 0 }
    return areCounts && padId.isCount && isFree ? nil : "a number is not from 1 to \(Int.mostCount)"
  }

  /// The artifact of that file name.
  ///
  /// - Throws: ``EdgekitError/missingFile(_:)`` where there is none.
  public func artifact(_ file: String) throws -> Artifact {
    guard let found = artifacts.first(where: { $0.file == file }) else {
      throw EdgekitError.missingFile(file)
    }
    return found
  }
}

/// A file or package of the bundle.
public struct FileEntry: Decodable, Equatable, Sendable {
  /// Its path in the bundle, with forward slashes.
  public let file: String
  public let sizeBytes: Int
  /// Of a package, that of the lines `PATH SHA256` of its files, sorted.
  public let sha256: String
}

/// The tokenizer's files, and how texts are cut.
public struct TokenizerFacts: Decodable, Sendable {
  /// WordPiece, BPE or Unigram.
  public let kind: String
  /// Ids by role, such as `mask_token`.
  public let specialTokens: [String: Int]
  public let truncationSide: Side
  let app: AppFiles?
  let files: [FileEntry]

  /// The files that this library reads.
  struct AppFiles: Decodable, Sendable {
    let settings: String
    let vocabulary: String
  }
}

/// Settings of the post-processing.
public struct PostprocessingSettings: Decodable, Sendable {
  /// From a classifier's logits to scores.
  public let activation: Activation
  /// Of a score that is chosen where labels stand for themselves; `nil`: only the best is chosen.
  public let threshold: Float?
  /// By how much no answer has to beat the best span; `nil`: always answer.
  public let nullThreshold: Float?
  /// The most tokens of a span.
  public let maxAnswerTokens: Int?
  /// How many results are kept.
  public let top: Int
}

/// What makes scores of logits.
public enum Activation: String, Decodable, Sendable {
  case softmax, sigmoid, identity
}

/// An end of a text.
public enum Side: String, Decodable, Sendable {
  case left, right
}

/// How two vectors are compared: the larger, the more alike.
public enum VectorSimilarity: String, Decodable, Sendable {
  case cosine, dot, euclidean, manhattan
}
