import EdgekitCore
import Foundation
import Testing

@testable import EdgekitBench

@Suite struct BenchmarkTests {
  @Test func theRequestIsFoundBehindItsWordWhereverThatStands() throws {
    let json = #"{"contract": 1, "id": "a1", "commands": "state"}"#
    let request = try #require(
      try BenchmarkRequest(arguments: ["app", "--", "--edgekit", json, "-NSDebug"]))
    #expect(request.id == "a1")
    #expect(try BenchmarkRequest(arguments: ["app", "--edgekit"]) == nil)
  }

  @Test func commandsAreRead() throws {
    let commands = try BenchmarkCommand.parse("feed 32 Documents/a b.bin;run 3;save out;memory")
    #expect(
      commands == [
        .feed(length: 32, path: "Documents/a b.bin"), .run(count: 3), .save(path: "out"), .memory,
      ])
    #expect(throws: EdgekitError.self) { try BenchmarkCommand.parse("feed x y") }
  }

  @Test func anotherContractIsRefusedInTheResults() async throws {
    let home = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: home) }
    let contract = BenchmarkContract(home: home, openers: [:]) { DeviceState() }
    try contract.prepare()
    let json = #"{"contract": 2, "id": "a1", "commands": ""}"#
    let request = try #require(try BenchmarkRequest(arguments: ["--edgekit", json]))
    let log = try await contract.answer(request)
    #expect(log.contains("\"id\":\"a1\""))
    let results = home.appending(path: "Documents/edgekit/a1.jsonl")
    let line = try String(contentsOf: results, encoding: .utf8)
    #expect(line.contains("contract 2 is unknown here"))
  }
}
