import EdgekitCore
import Foundation

/// One line of the input: what to do, with whatever that needs.
struct Command: Decodable {
  let action: Action
  let bundle: String?
  let texts: [String]?
  let maxLength: Int?
  let strategy: String?
  let side: Side?
  let artifact: String?
  /// Of a call for one task.
  let name: String?
  let role: String?

  enum Action: String, Decodable {
    case open, verify, encode, selftest, run, call
  }

  private enum CodingKeys: String, CodingKey {
    case bundle, texts, strategy, side, artifact, name, role
    case action = "do"
    case maxLength = "max_length"
  }
}

/// A row of ids, as the line of output has it.
struct EncodingLine: Encodable {
  let encoding: Encoding

  private enum CodingKeys: String, CodingKey {
    case ids, offsets
    case typeIds = "type_ids"
    case sequenceIds = "sequence_ids"
    case wordIds = "word_ids"
  }

  func encode(to encoder: any Encoder) throws {
    var object = encoder.container(keyedBy: CodingKeys.self)
    try object.encode(encoding.ids, forKey: .ids)
    try object.encode(encoding.typeIds, forKey: .typeIds)
    try object.encode(zip(encoding.starts, encoding.ends).map { [$0, $1] }, forKey: .offsets)
    try object.encode(encoding.sequenceIds, forKey: .sequenceIds)
    try object.encode(encoding.wordIds, forKey: .wordIds)
  }
}

/// A sentence that a search has found, by its place.
struct HitLine: Encodable {
  let index: Int
  let score: Float

  init(_ hit: SearchIndex.Hit) {
    (index, score) = (hit.index, hit.score)
  }
}

/// What is said of a bundle that was opened.
struct OpenedLine: Encodable {
  let name: String
  let task: String
}

/// A command that could not be obeyed.
struct ErrorLine: Encodable {
  let error: Refusal

  struct Refusal: Encodable {
    let kind: String
    let message: String
  }

  init(_ error: any Error) {
    let known = error as? EdgekitError
    self.error = Refusal(
      kind: known?.kind ?? "\(type(of: error))",
      message: known?.message ?? error.localizedDescription)
  }
}
