import Foundation

/// SentencePiece's table of replacements, as the `tokenizers` library applies it.
///
/// 4 bytes with the size of a trie in bytes; the trie, a double array of darts-clone; strings that
/// end with a zero byte.
struct Precompiled: NormalizationStep {
  private let trie: [UInt32]
  private let strings: [UInt8]
  private let graphemes: Graphemes

  /// Bytes of UTF-8 from which on a cluster is never replaced as a whole.
  private static let longClusterBytes = 6

  /// - Parameter charsmap: In base64.
  init(charsmap: String, graphemes: Graphemes) throws {
    guard let data = Data(base64Encoded: charsmap), data.count >= 4 else { throw Self.damaged }
    let words = data.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count - 3, by: 4).map {
        UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self))
      }
    }
    let sizeBytes = Int(words[0])
    guard sizeBytes % 4 == 0, sizeBytes >= 4, 4 + sizeBytes <= data.count else {
      throw Self.damaged
    }
    trie = Array(words[1...sizeBytes / 4])
    strings = Array(data.dropFirst(4 + sizeBytes))
    self.graphemes = graphemes
  }

  func apply(to text: inout AlignedText) {
    var changes: [AlignedText.Change] = []
    for cluster in graphemes.clusters(of: text.scalars) {
      let scalars = text.scalars[cluster]
      if let whole = replacement(ofCluster: scalars) {
        Self.replace(scalars.count, with: whole, in: &changes)
        continue
      }
      for scalar in scalars {
        if let other = replacement(of: Array(UTF8.encode(scalar)!)) {
          Self.replace(1, with: other, in: &changes)
        } else {
          changes.append((scalar, 0))
        }
      }
    }
    text.transform(changes)
  }

  /// So many code points become others: the last of those are new, or stand for the rest.
  private static func replace(
    _ count: Int, with scalars: [Unicode.Scalar], in changes: inout [AlignedText.Change]
  ) {
    changes += scalars.enumerated().map { ($1, $0 < count ? 0 : 1) }
    if scalars.count < count, !changes.isEmpty {
      changes[changes.count - 1].count += scalars.count - count
    }
  }

  private func replacement(ofCluster scalars: ArraySlice<Unicode.Scalar>) -> [Unicode.Scalar]? {
    let sizeBytes = scalars.reduce(0) { $0 + UTF8.width($1) }
    guard sizeBytes < Self.longClusterBytes else { return nil }
    return replacement(of: scalars.flatMap { Array(UTF8.encode($0)!) })
  }

  /// The string of the shortest beginning of the bytes that the trie knows.
  private func replacement(of bytes: [UInt8]) -> [Unicode.Scalar]? {
    var place = Self.offset(trie[0])
    for byte in bytes where byte != 0 {
      place ^= Int(byte)
      guard trie.indices.contains(place), trie[place] & 0x8000_00FF == byte else { return nil }
      let unit = trie[place]
      place ^= Self.offset(unit)
      if unit & 0x100 != 0, trie.indices.contains(place) {
        return string(at: Int(trie[place] & 0x7FFF_FFFF))
      }
    }
    return nil
  }

  private func string(at start: Int) -> [Unicode.Scalar] {
    let bytes = strings.dropFirst(start).prefix { $0 != 0 }
    return Array(String(decoding: bytes, as: UTF8.self).unicodeScalars)
  }

  private static func offset(_ unit: UInt32) -> Int {
    Int(unit >> 10) << Int((unit & 0x200) >> 6)
  }

  private static var damaged: EdgekitError {
    .unsupportedTokenizer("the tokenizer's charsmap is damaged: convert again")
  }
}
