import Foundation

/// The tokens of a model, their merges and their scores: vocabulary.bin, read at once.
///
/// Tokens are compared as UTF-8. Swift's strings would take `é` and `e` with an accent for one
/// key. `docs/tokenizers.md` has the layout.
public struct Vocabulary: Sendable {
  /// How many ids there are.
  public let count: Int
  /// Where each token begins in the text; one more says where the last one ends.
  private let starts: [UInt32]
  /// Ids in the order of their UTF-8 bytes.
  private let order: [UInt32]
  private let text: [UInt8]
  /// Left id, right id, rank and merged id, ascending by the first two.
  private let merges: [UInt32]
  /// One a token, or none.
  let scores: [Double]

  private static let magic = Array("EKVOCAB1".utf8)

  /// Reads vocabulary.bin.
  ///
  /// - Parameters:
  ///   - data: Its content.
  ///   - file: Its name, for errors.
  /// - Throws: ``EdgekitError/damagedFile(_:reason:)`` where it is cut off or contradicts itself.
  init(_ data: Data, file: String) throws {
    func damaged(_ reason: String) -> EdgekitError { .damagedFile(file, reason: reason) }
    guard data.prefix(Self.magic.count).elementsEqual(Self.magic) else {
      throw damaged("it is no vocabulary")
    }
    var reader = ByteReader(data, at: Self.magic.count)
    guard let head = reader.words(4) else { throw damaged("it is cut off") }
    let (count, merges, textBytes) = (Int(head[0]), Int(head[1]), Int(head[3]))
    let hasScores = head[2] & 1 == 1
    guard let starts = reader.words(count + 1), let order = reader.words(count),
      let rows = reader.words(4 * merges), let scores = reader.doubles(hasScores ? count : 0),
      let text = reader.bytes(textBytes), reader.isAtEnd
    else { throw damaged("it is cut off, or longer than it says") }
    let isWhole =
      starts.first == 0 && starts.last == head[3] && zip(starts, starts.dropFirst()).allSatisfy(<=)
      && order.allSatisfy { $0 < head[0] }
      && rows.enumerated().allSatisfy { $0 % 4 == 2 || $1 < head[0] }
    guard isWhole else { throw damaged("its tables contradict each other") }
    self.count = count
    self.starts = starts
    self.order = order
    self.text = text
    self.merges = rows
    self.scores = scores
  }

  /// A token as it stands in the vocabulary; empty where an id has none.
  public func token(_ id: Int) -> String {
    (0..<count).contains(id) ? String(decoding: bytes(of: UInt32(id)), as: UTF8.self) : ""
  }

  /// An id that settings name.
  ///
  /// - Throws: ``EdgekitError/unsupportedTokenizer(_:)`` where there is none, or no such token.
  func unknown(_ id: Int32?) throws -> Int32 {
    guard let id, (0..<count).contains(Int(id)) else {
      throw EdgekitError.unsupportedTokenizer("the tokenizer has no unknown token: convert again")
    }
    return id
  }

  /// A token's id.
  func id(of token: some Collection<UInt8>) -> Int32? {
    let place = order.partitioningIndex { !bytes(of: $0).lexicographicallyPrecedes(token) }
    guard place < order.count, bytes(of: order[place]).elementsEqual(token) else { return nil }
    return Int32(order[place])
  }

  /// All tokens that the bytes begin with, from the shortest on: ids, and how many bytes each has.
  func prefixes(of bytes: ArraySlice<UInt8>) -> [(id: Int32, sizeBytes: Int)] {
    var found: [(id: Int32, sizeBytes: Int)] = []
    var candidates = order[...]
    for (depth, byte) in bytes.enumerated() {
      let first = candidates.partitioningIndex { self.byte(depth, of: $0) >= Int(byte) }
      let rest = candidates[first...]
      candidates = rest[..<rest.partitioningIndex { self.byte(depth, of: $0) > Int(byte) }]
      guard let id = candidates.first else { break }
      if sizeBytes(of: id) == depth + 1 { found.append((Int32(id), depth + 1)) }
    }
    return found
  }

  /// What two neighbours become, and how early; `nil` if they stay apart.
  func merge(_ left: Int32, _ right: Int32) -> (rank: UInt32, id: Int32)? {
    let pair = (UInt32(bitPattern: left), UInt32(bitPattern: right))
    let rows = 0..<merges.count / 4
    let row = rows.partitioningIndex { (merges[4 * $0], merges[4 * $0 + 1]) >= pair }
    guard row < rows.endIndex, (merges[4 * row], merges[4 * row + 1]) == pair else { return nil }
    return (merges[4 * row + 2], Int32(bitPattern: merges[4 * row + 3]))
  }

  func bytes(of id: UInt32) -> ArraySlice<UInt8> {
    text[Int(starts[Int(id)])..<Int(starts[Int(id) + 1])]
  }

  private func sizeBytes(of id: UInt32) -> Int {
    Int(starts[Int(id) + 1] - starts[Int(id)])
  }

  /// One byte of a token; -1 behind its end.
  private func byte(_ depth: Int, of id: UInt32) -> Int {
    let place = Int(starts[Int(id)]) + depth
    return place < Int(starts[Int(id) + 1]) ? Int(text[place]) : -1
  }
}

/// Reads little-endian numbers one after the other; `nil` where there are not enough bytes.
private struct ByteReader {
  private let data: Data
  private var place: Int

  init(_ data: Data, at place: Int) {
    self.data = data
    self.place = place
  }

  var isAtEnd: Bool { place == data.count }

  mutating func words(_ count: Int) -> [UInt32]? {
    values(count, of: UInt32.self).map { $0.map(UInt32.init(littleEndian:)) }
  }

  mutating func doubles(_ count: Int) -> [Double]? {
    values(count, of: UInt64.self)
      .map { $0.map { Double(bitPattern: UInt64(littleEndian: $0)) } }
  }

  mutating func bytes(_ count: Int) -> [UInt8]? {
    values(count, of: UInt8.self)
  }

  private mutating func values<Value: BitwiseCopyable>(
    _ count: Int, of type: Value.Type
  ) -> [Value]? {
    let sizeBytes = count * MemoryLayout<Value>.size
    guard place + sizeBytes <= data.count else { return nil }
    defer { place += sizeBytes }
    return [Value](unsafeUninitializedCapacity: count) { buffer, filled in
      let start = data.startIndex + place
      data.copyBytes(to: buffer, from: start..<start + sizeBytes)
      filled = count
    }
  }
}
