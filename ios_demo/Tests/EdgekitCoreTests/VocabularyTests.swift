import Foundation
import Testing

@testable import EdgekitCore

@Suite struct VocabularyTests {
  /// `é` as one code point and as two: equal as strings, two keys of a vocabulary.
  private let tokens = ["a", "ab", "\u{E9}", "e\u{301}"]

  @Test func canonicallyEqualTokensAreTwo() throws {
    let vocabulary = try Vocabulary(file(tokens), file: "vocabulary.bin")
    #expect(tokens[2] == tokens[3])
    #expect(tokens.map { vocabulary.id(of: $0.utf8) } == [0, 1, 2, 3])
    #expect(vocabulary.id(of: "e".utf8) == nil)
  }

  @Test func prefixesAreFoundFromTheShortestOn() throws {
    let vocabulary = try Vocabulary(file(tokens), file: "vocabulary.bin")
    let found = vocabulary.prefixes(of: Array("abc".utf8)[...])
    #expect(found.map(\.id) == [0, 1])
    #expect(found.map(\.sizeBytes) == [1, 2])
  }

  @Test(arguments: [0, 7, 8, 23, 24, 40])
  func aFileThatIsCutOffIsRefused(sizeBytes: Int) throws {
    let whole = file(tokens)
    #expect(throws: EdgekitError.self) { try Vocabulary(whole.prefix(sizeBytes), file: "v") }
    #expect(throws: EdgekitError.self) { try Vocabulary(whole + [0], file: "v") }
  }

  /// vocabulary.bin without merges and scores.
  private func file(_ tokens: [String]) -> Data {
    let texts = tokens.map { Array($0.utf8) }
    let starts = texts.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) }
    let order = texts.indices.sorted { texts[$0].lexicographicallyPrecedes(texts[$1]) }
    let numbers = [texts.count, 0, 0, starts[texts.count]] + starts + order
    return Data("EKVOCAB1".utf8)
      + numbers.flatMap { withUnsafeBytes(of: UInt32($0).littleEndian) { Array($0) } }
      + texts.joined()
  }
}
