import EdgekitCore
import EdgekitORT
import Foundation

/// Obeys commands, a line of JSON each, and writes a line of JSON for each: for tests.
@main
struct Main {
  private var bundle: EdgekitBundle?
  private var tokenizer: Tokenizer?
  private var models: [String: EdgeModel] = [:]

  static func main() async {
    var program = Main()
    while let line = readLine() {
      let answer: String
      do {
        answer = try await program.obey(line)
      } catch {
        answer = (try? json(ErrorLine(error))) ?? "{}"
      }
      FileHandle.standardOutput.write(Data("\(answer)\n".utf8))
    }
  }

  private mutating func obey(_ line: String) async throws -> String {
    let command = try JSONDecoder().decode(Command.self, from: Data(line.utf8))
    switch command.action {
    case .open: return try Self.json(open(command.bundle ?? ""))
    case .verify:
      try opened().verify()
      return "{}"
    case .encode: return try Self.json(encode(command))
    case .postprocess: return try Self.json(SelfTest(opened()).answer(toCase: command.number ?? 0))
    case .selftest: return try await selfTest(command).json()
    case .run: return try Self.json(await run(command))
    }
  }

  private mutating func open(_ folder: String) throws -> OpenedLine {
    bundle = nil
    tokenizer = nil
    models = [:]
    let opened = try EdgekitBundle(at: URL(filePath: folder, directoryHint: .isDirectory))
    bundle = opened
    return OpenedLine(name: opened.manifest.name, task: opened.manifest.task.rawValue)
  }

  private mutating func encode(_ command: Command) throws -> EncodingLine {
    let tokenizer = try self.tokenizer ?? opened().tokenizer()
    self.tokenizer = tokenizer
    let encoding = tokenizer.encode(
      command.texts ?? [], maxLength: command.maxLength ?? 0,
      truncation: command.strategy.flatMap(Truncation.init) ?? .longestFirst, side: command.side)
    return EncodingLine(encoding: encoding)
  }

  private mutating func selfTest(_ command: Command) async throws -> SelfTest.Report {
    let test = try SelfTest(opened())
    guard let file = command.artifact else { return try await test.run() }
    let model = try model(of: file)
    return try await test.run(artifact: model.artifact, engine: model.engine)
  }

  private mutating func run(_ command: Command) async throws -> any Answer {
    try await model(of: command.artifact ?? "").ask(command.texts ?? []).answer
  }

  private mutating func model(of file: String) throws -> EdgeModel {
    if let model = models[file] { return model }
    let bundle = try opened()
    let artifact = try bundle.manifest.artifact(file)
    let library = ProcessInfo.processInfo.environment["EDGEKIT_ORT"] ?? ""
    let engine = try OnnxEngine(
      model: bundle.url(of: file), library: URL(filePath: library),
      outputs: artifact.outputs.map(\.name))
    let model = try EdgeModel(bundle: bundle, artifact: artifact, engine: engine)
    models[file] = model
    return model
  }

  private func opened() throws -> EdgekitBundle {
    guard let bundle else { throw EdgekitError.missingFile("manifest.json") }
    return bundle
  }

  private static func json(_ value: any Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}
