import Foundation

/// SHA-256 where there is no CryptoKit: the part of its API that EdgekitCore calls.
///
/// Source: FIPS 180-4.
public struct SHA256 {
  private var state: [UInt32] = Self.roots(of: Self.primes.prefix(8), power: 1.0 / 2)
  private var pending: [UInt8] = []
  private var lengthBytes = 0

  public init() {}

  public mutating func update(data: Data) {
    lengthBytes += data.count
    pending += data
    let whole = pending.count / 64 * 64
    for start in stride(from: 0, to: whole, by: 64) { compress(pending[start..<start + 64]) }
    pending.removeFirst(whole)
  }

  public func finalize() -> SHA256Digest {
    var last = self
    let zeros = (119 - last.pending.count % 64) % 64
    let bits = withUnsafeBytes(of: UInt64(lengthBytes * 8).bigEndian) { Array($0) }
    last.update(data: Data([0x80] + [UInt8](repeating: 0, count: zeros) + bits))
    return SHA256Digest(
      bytes: last.state.flatMap { word in withUnsafeBytes(of: word.bigEndian) { Array($0) } })
  }

  private mutating func compress(_ block: ArraySlice<UInt8>) {
    var words = [UInt32](repeating: 0, count: 64)
    for index in 0..<16 {
      let start = block.startIndex + 4 * index
      words[index] = block[start..<start + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }
    for index in 16..<64 {
      let (a, b) = (words[index - 15], words[index - 2])
      let first = a.rotated(7) ^ a.rotated(18) ^ a >> 3
      let second = b.rotated(17) ^ b.rotated(19) ^ b >> 10
      words[index] = words[index - 16] &+ first &+ words[index - 7] &+ second
    }
    var (a, b, c, d) = (state[0], state[1], state[2], state[3])
    var (e, f, g, h) = (state[4], state[5], state[6], state[7])
    for index in 0..<64 {
      let mixed = (e.rotated(6) ^ e.rotated(11) ^ e.rotated(25)) &+ (e & f ^ ~e & g)
      let first = h &+ mixed &+ Self.constants[index] &+ words[index]
      let majority = a & b ^ a & c ^ b & c
      let second = (a.rotated(2) ^ a.rotated(13) ^ a.rotated(22)) &+ majority
      (a, b, c, d, e, f, g, h) = (first &+ second, a, b, c, d &+ first, e, f, g)
    }
    state = zip(state, [a, b, c, d, e, f, g, h]).map(&+)
  }

  private static let primes = (2...311).filter { number in
    !(2..<number).contains { number % $0 == 0 }
  }
  private static let constants = roots(of: primes[...], power: 1.0 / 3)

  /// The first 32 bits of the fractions of the numbers' roots.
  private static func roots(of numbers: ArraySlice<Int>, power: Double) -> [UInt32] {
    numbers.map { number in
      let root = pow(Double(number), power)
      return UInt32((root - root.rounded(.down)) * 0x1p32)
    }
  }
}

/// The 32 bytes of a SHA-256.
public struct SHA256Digest: Sequence {
  let bytes: [UInt8]

  public func makeIterator() -> IndexingIterator<[UInt8]> { bytes.makeIterator() }
}

extension UInt32 {
  fileprivate func rotated(_ count: UInt32) -> UInt32 { self >> count | self << (32 - count) }
}
