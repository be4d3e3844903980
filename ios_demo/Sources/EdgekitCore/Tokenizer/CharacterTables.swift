/// What the tokenizer's steps know of code points, from the bundle and never from the system, whose
/// Unicode is of another version: ids would depend on the phone.
struct CharacterTables: Decodable, Sendable {
  let blanks: CodePointSet
  /// The general categories Mn, Mc and Me.
  let marks: CodePointSet
  let controls: CodePointSet?
  let ideographs: CodePointSet?
  let nonspacing: CodePointSet?
  let punctuation: CodePointSet?
  let letters: CodePointSet?
  let numbers: CodePointSet?
  let lowercase: CodePointMap?
  let decompose: CodePointMap?
  let decomposeCompatible: CodePointMap?
  let classes: CombiningClasses?
  let compose: Compositions?
  let graphemes: Graphemes?

  /// A table that a step cannot do without.
  ///
  /// - Throws: ``EdgekitError/unsupportedTokenizer(_:)`` where it is missing.
  func required<Table>(_ table: KeyPath<CharacterTables, Table?>, for step: String) throws -> Table
  {
    guard let found = self[keyPath: table] else {
      throw EdgekitError.unsupportedTokenizer(
        "the tokenizer's step \(step) has no table of characters: convert again")
    }
    return found
  }
}

/// What code points become; those that are not in it stay as they are.
struct CodePointMap: Sendable {
  private let strings: [UInt32: [Unicode.Scalar]]

  subscript(scalar: Unicode.Scalar) -> [Unicode.Scalar]? { strings[scalar.value] }
}

extension CodePointMap: Decodable {
  private enum CodingKeys: CodingKey {
    case from, to
  }

  init(from decoder: any Decoder) throws {
    let table = try decoder.container(keyedBy: CodingKeys.self)
    let from = try table.decode([UInt32].self, forKey: .from)
    let to = try table.decode([String].self, forKey: .to)
    strings = Dictionary(zip(from, to.map { Array($0.unicodeScalars) })) { first, _ in first }
  }
}

/// The canonical combining classes that are not 0.
struct CombiningClasses: Sendable {
  private let classes: [UInt32: UInt8]

  private static let lastCodePoint: UInt32 = 0x10FFFF

  subscript(scalar: Unicode.Scalar) -> UInt8 { classes[scalar.value] ?? 0 }
}

extension CombiningClasses: Decodable {
  /// From a flat list: first code point, last one, class, and so on.
  init(from decoder: any Decoder) throws {
    let rows = try decoder.singleValueContainer().decode([UInt32].self)
    var classes: [UInt32: UInt8] = [:]
    for start in stride(from: 0, to: rows.count - 2, by: 3) {
      guard rows[start] <= rows[start + 1], rows[start + 1] <= Self.lastCodePoint else {
        throw DecodingError.dataCorrupted(
          .init(codingPath: decoder.codingPath, debugDescription: "no range of code points"))
      }
      for point in rows[start]...rows[start + 1] {
        classes[point] = UInt8(truncatingIfNeeded: rows[start + 2])
      }
    }
    self.classes = classes
  }
}

/// Pairs of code points that become one.
struct Compositions: Sendable {
  private let composed: [UInt64: Unicode.Scalar]

  subscript(first: Unicode.Scalar, second: Unicode.Scalar) -> Unicode.Scalar? {
    composed[Self.key(first.value, second.value)]
  }

  private static func key(_ first: UInt32, _ second: UInt32) -> UInt64 {
    UInt64(first) << 32 | UInt64(second)
  }
}

extension Compositions: Decodable {
  private enum CodingKeys: CodingKey {
    case first, second, to
  }

  init(from decoder: any Decoder) throws {
    let table = try decoder.container(keyedBy: CodingKeys.self)
    let first = try table.decode([UInt32].self, forKey: .first)
    let second = try table.decode([UInt32].self, forKey: .second)
    let to = try table.decode([UInt32].self, forKey: .to).compactMap(Unicode.Scalar.init)
    composed = Dictionary(zip(zip(first, second).map(Self.key), to)) { first, _ in first }
  }
}
