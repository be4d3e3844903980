/// tokenizer-app.json: all of a tokenizer but its vocabulary. `docs/tokenizers.md` describes it.
struct TokenizerSettings: Decodable, Sendable {
  let version: Int
  let kind: String
  let addedTokens: [AddedToken]
  let normalizer: [StepSettings]
  let preTokenizer: [StepSettings]
  let model: ModelSettings
  let template: Template
  let offsets: OffsetSettings
  let specialIds: [String: Int32]
  let characters: CharacterTables

  /// Where special tokens stand: `$A` and `$B` are the texts, all else special tokens; the number
  /// after the colon is the token type.
  struct Template: Decodable, Sendable {
    let single: [String]
    let pair: [String]
  }

  struct ModelSettings: Decodable, Sendable {
    let unkId: Int32?
    let continuingSubwordPrefix: String?
    let maxInputCharsPerWord: Int?
    let ignoreMerges: Bool?
  }

  /// Whether a token's offsets leave out its blanks, and whether a text gets one in front.
  struct OffsetSettings: Decodable, Sendable {
    let trim: Bool
    let addPrefixSpace: Bool
  }
}

/// A token that is cut out of a text before anything else is done.
struct AddedToken: Decodable, Sendable {
  let id: Int32
  let content: String
  /// What it is found by: in the text as given or, if `normalized`, as normalised.
  let sought: String
  /// Whether it takes the blanks before it, too.
  let lstrip: Bool
  /// Whether it takes the blanks behind it, too.
  let rstrip: Bool
  let normalized: Bool
}

/// A step of the normaliser or the pre-tokenizer, as tokenizer.json has it.
struct StepSettings: Decodable, Sendable {
  let type: String
  let cleanText: Bool?
  let handleChineseChars: Bool?
  let stripAccents: Bool?
  let lowercase: Bool?
  let stripLeft: Bool?
  let stripRight: Bool?
  let pattern: Pattern?
  let content: String?
  let precompiledCharsmap: String?
  let replacement: String?
  let prependScheme: String?
  let split: Bool?
  let addPrefixSpace: Bool?

  struct Pattern: Decodable, Sendable {
    let string: String?
    let regex: String?

    private enum CodingKeys: String, CodingKey {
      case string = "String"
      case regex = "Regex"
    }
  }

  /// That there is no such step here.
  var unknown: EdgekitError {
    .unsupportedTokenizer(
      "this library has no tokenizer step \(type) with these settings: update it, or tokenize with "
        + "the tokenizers library")
  }
}
