import EdgekitCore
import Foundation

/// Opens the model of a launch, and says how long that took without what is done only once.
public typealias BenchmarkOpener =
  @Sendable (BenchmarkFile) async throws -> (engine: any Engine, milliseconds: Double)

/// The app's side of `docs/app-contract.md`: obeys a request and writes its results.
public struct BenchmarkContract: Sendable {
  private let home: URL
  private let openers: [String: BenchmarkOpener]
  private let state: @Sendable () async -> DeviceState

  /// - Parameters:
  ///   - home: The app's container.
  ///   - openers: By the name of the runtime; others are refused.
  ///   - state: Asks the device for its state.
  public init(
    home: URL = URL(filePath: NSHomeDirectory(), directoryHint: .isDirectory),
    openers: [String: BenchmarkOpener],
    state: @escaping @Sendable () async -> DeviceState
  ) {
    self.home = home
    self.openers = openers
    self.state = state
  }

  private var files: URL { home.appending(path: "Documents/edgekit-files") }
  private var results: URL { home.appending(path: "Documents/edgekit") }

  /// Makes the two folders and removes old results: at every launch, first of all.
  public func prepare() throws {
    let manager = FileManager.default
    for folder in [files, results] {
      try manager.createDirectory(at: folder, withIntermediateDirectories: true)
    }
    let old = try manager.contentsOfDirectory(at: results, includingPropertiesForKeys: nil)
    for file in old where file.pathExtension == "jsonl" { try manager.removeItem(at: file) }
  }

  /// Obeys a request and writes its results.
  ///
  /// - Returns: The line for the system's log.
  /// - Throws: Where the results cannot be written; all else becomes an event of them.
  public func answer(_ request: BenchmarkRequest) async throws -> String {
    var events: [BenchmarkEvent] = []
    var outcome = BenchmarkEvent.finished
    do {
      try await obey(request) { events.append($0) }
    } catch {
      outcome = .error(message: Self.line(of: error))
      events.append(outcome)
    }
    try write(events, of: request)
    return try Self.json(BenchmarkLogLine(id: request.id, event: outcome))
  }

  private func obey(_ request: BenchmarkRequest, tell: (BenchmarkEvent) -> Void) async throws {
    guard request.contract == BenchmarkRequest.contract else {
      throw EdgekitError.runtimeFailed(
        "contract \(request.contract) is unknown here: this app keeps \(BenchmarkRequest.contract)")
    }
    let commands = try BenchmarkCommand.parse(request.commands)
    let session = try await opened(request.file(in: home, commands: commands), tell: tell)
    for command in commands {
      switch command {
      case .state: tell(.state(await state()))
      case .clean:
        try clean()
        tell(.cleaned)
      default:
        guard let session else {
          throw EdgekitError.runtimeFailed("'\(command)' needs a model, and none was named")
        }
        tell(try await session.obey(command))
      }
    }
  }

  private func opened(
    _ file: BenchmarkFile?, tell: (BenchmarkEvent) -> Void
  ) async throws -> BenchmarkSession? {
    guard let file else { return nil }
    guard let open = openers[file.runtime] else {
      throw EdgekitError.runtimeFailed("this app has no runtime '\(file.runtime)'")
    }
    let beforeBytes = MemoryUse.current().bytes
    let (engine, milliseconds) = try await open(file)
    tell(.loaded(runtime: engine.title, milliseconds: milliseconds))
    return BenchmarkSession(file: file, engine: engine, home: home, beforeBytes: beforeBytes)
  }

  private func clean() throws {
    for folder in [files, results] { try FileManager.default.removeItem(at: folder) }
  }

  /// Under another name first: a file of that name is complete.
  private func write(_ events: [BenchmarkEvent], of request: BenchmarkRequest) throws {
    try FileManager.default.createDirectory(at: results, withIntermediateDirectories: true)
    let lines = try events.map { try Self.json($0) + "\n" }.joined()
    try Data(lines.utf8).write(to: results.appending(path: "\(request.id).jsonl"), options: .atomic)
  }

  private static func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  private static func line(of error: any Error) -> String {
    let message = (error as? EdgekitError)?.message ?? error.localizedDescription
    return message.split(whereSeparator: \.isNewline).joined(separator: " ")
  }
}
