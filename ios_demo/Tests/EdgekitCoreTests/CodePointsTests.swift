import Testing

@testable import EdgekitCore

@Suite struct CodePointsTests {
  private let text = "Cafe\u{301} 👍🏽 olé"

  @Test func rangesAreOfTheString() {
    let points = CodePoints(text)
    #expect(points.count == 12)
    #expect(text.unicodeScalars[points.indices(of: 6..<8)].map(\.value) == [0x1F44D, 0x1F3FD])
    #expect(points.piece(9..<12) == "olé")
    #expect(points.indices(of: 0..<12) == text.startIndex..<text.endIndex)
  }

  @Test func mendingTakesTheAccentAlong() {
    let mending = Mending(marks: CodePointSet(edges: [0x300, 0x36F]))
    let points = CodePoints(text)
    #expect(mending.mended(0..<4, of: points) == 0..<5)
    #expect(mending.mended(4..<6, of: points) == 3..<5)
    #expect(mending.mended(5..<6, of: points).isEmpty)
  }

  @Test func setsHoldBothEdges() {
    let set = CodePointSet(edges: [0x41, 0x43, 0x61, 0x61])
    #expect(Array("@ABCD`ab".unicodeScalars).filter(set.contains) == Array("ABCa".unicodeScalars))
  }
}
