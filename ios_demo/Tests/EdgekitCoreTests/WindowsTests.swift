import Testing

@testable import EdgekitCore

@Suite struct WindowsTests {
  @Test(arguments: [
    (10, 10, [0..<10]), (11, 10, [0..<10, 5..<11]), (1, 1, [0..<1]), (3, 1, [0..<1, 1..<2, 2..<3]),
    (300, 290, [0..<290, 162..<300]),
  ])
  func theLastWindowReachesTheEnd(tokens: Int, room: Int, ranges: [Range<Int>]) {
    #expect(Windows.ranges(tokens: tokens, room: room) == ranges)
  }
}
