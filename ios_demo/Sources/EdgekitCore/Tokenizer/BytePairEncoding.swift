/// Byte-level BPE: of the neighbours that are merged, those that stand first among the merges.
struct BytePairEncoding: TokenModel {
  private let vocabulary: Vocabulary
  /// The token of each byte.
  private let bytes: [Int32?]
  /// Whether a word that is a token as it stands is not taken apart.
  private let isIgnoringMerges: Bool

  init(_ vocabulary: Vocabulary, settings: TokenizerSettings.ModelSettings) throws {
    self.vocabulary = vocabulary
    let unknown = try settings.unkId.map(vocabulary.unknown)
    bytes = ByteAlphabet.letters.map { vocabulary.id(of: $0) ?? unknown }
    isIgnoringMerges = settings.ignoreMerges ?? false
  }

  func subwords(of word: [Unicode.Scalar]) -> [Subword] {
    let text = word.enumerated().flatMap { place, scalar in
      UTF8.encode(scalar)!.map { (byte: $0, place: place) }
    }
    if isIgnoringMerges,
      let id = vocabulary.id(of: text.flatMap { ByteAlphabet.letters[Int($0.byte)] })
    {
      return [Subword(id: id, range: 0..<word.count)]
    }
    // A byte that the vocabulary lacks is left out, and the library counts places without it.
    let known = text.compactMap { bytes[Int($0.byte)] }
    return merged(
      zip(known, text).map { id, symbol in
        Subword(id: id, range: symbol.place..<symbol.place + 1)
      })
  }

  private func merged(_ symbols: [Subword]) -> [Subword] {
    var chain = Chain(symbols)
    var queue = Heap<Merge>()
    func offer(at left: Int) {
      guard let right = chain.next(left),
        let merge = vocabulary.merge(chain.symbols[left].id, chain.symbols[right].id)
      else { return }
      queue.push(
        Merge(
          rank: merge.rank, left: left, right: right, leftId: chain.symbols[left].id,
          rightId: chain.symbols[right].id, id: merge.id))
    }
    symbols.indices.forEach(offer)
    while let merge = queue.pop() {
      guard merge.isCurrent(in: chain) else { continue }
      chain.join(merge.left, merge.right, id: merge.id)
      offer(at: merge.left)
      if let before = chain.previous(merge.left) { offer(at: before) }
    }
    return chain.remaining
  }
}

/// Two neighbours that may become one.
private struct Merge: Comparable {
  let rank: UInt32
  let left: Int
  let right: Int
  let leftId: Int32
  let rightId: Int32
  let id: Int32

  /// Whether neither of them became something else meanwhile.
  func isCurrent(in chain: Chain) -> Bool {
    chain.isAlive(left) && chain.next(left) == right
      && chain.symbols[left].id == leftId && chain.symbols[right].id == rightId
  }

  static func < (one: Merge, other: Merge) -> Bool {
    (one.rank, one.left) < (other.rank, other.left)
  }
}

/// Symbols that know their neighbours, so that two become one without moving the rest.
private struct Chain {
  private(set) var symbols: [Subword]
  private var following: [Int]
  private var preceding: [Int]

  private static let dead = Int.min

  init(_ symbols: [Subword]) {
    self.symbols = symbols
    following = symbols.indices.map { $0 + 1 }
    preceding = symbols.indices.map { $0 - 1 }
  }

  func isAlive(_ place: Int) -> Bool { following[place] != Self.dead }

  func next(_ place: Int) -> Int? {
    following[place] < symbols.count ? following[place] : nil
  }

  func previous(_ place: Int) -> Int? {
    preceding[place] >= 0 ? preceding[place] : nil
  }

  mutating func join(_ left: Int, _ right: Int, id: Int32) {
    let range = symbols[left].range.lowerBound..<symbols[right].range.upperBound
    symbols[left] = Subword(id: id, range: range)
    following[left] = following[right]
    if let after = next(left) { preceding[after] = left }
    following[right] = Self.dead
  }

  var remaining: [Subword] {
    symbols.indices.filter(isAlive).map { symbols[$0] }
  }
}

/// The letters that stand for bytes in a byte-level vocabulary.
enum ByteAlphabet {
  /// The UTF-8 of the letter of each byte: printable ones stand for themselves.
  static let letters: [[UInt8]] = {
    var rest: UInt32 = 256
    return (0..<256).map { (byte: UInt32) in
      let isPrintable =
        (33...126).contains(byte) || (161...172).contains(byte) || (174...255).contains(byte)
      defer { if !isPrintable { rest += 1 } }
      return Array(UTF8.encode(Unicode.Scalar(isPrintable ? byte : rest)!)!)
    }
  }()

  /// The letter of a space.
  static let blank = letters[32]
}
