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
    case .selftest: return try await selfTest(command).json()
    case .run: return try Self.json(await run(command))
    case .call: return try Self.json(await call(command))
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
    let encoding = try tokenizer.encode(
      command.texts ?? [], maxLength: command.maxLength ?? 0,
      truncation: command.strategy.flatMap(Truncation.init) ?? .longestFirst, side: command.side)
    return EncodingLine(encoding: encoding)
  }

  private mutating func selfTest(_ command: Command) async throws -> SelfTest.Report {
    let test = try await SelfTest(opened())
    guard let file = command.artifact else { return try await test.run() }
    let model = try model(of: file)
    return try await test.run(artifact: model.artifact, engine: model.engine)
  }

  private mutating func run(_ command: Command) async throws -> any Answer {
    try await model(of: command.artifact ?? "").ask(command.texts ?? []).answer
  }

  /// An answer by the function that is for its task.
  private mutating func call(_ command: Command) async throws -> any Encodable {
    let model = try model(of: command.artifact ?? "")
    let (texts, role) = (command.texts ?? [], command.role)
    switch command.name {
    case "classify": return try await model.classify(texts[0], texts.dropFirst().first).answer
    case "tag": return try await model.tag(texts[0]).answer
    case "answer": return try await model.answer(texts[0], in: texts[1]).answer
    case "fill_mask": return try await model.fillMask(texts[0]).answer
    case "embed": return try await model.embed(texts[0], role: role).answer
    case "similarity": return try await model.similarity(of: texts[0], to: texts[1]).answer
    case "sparse_embedding":
      return try await model.sparseEmbedding(texts[0], role: role).answer
    case "late_interaction":
      return try await model.lateInteraction(texts[0], role: role).answer
    case "features": return try await model.features(texts[0]).answer
    case "search":
      let index = try await model.index(Array(texts.dropFirst()))
      return try await model.search(texts[0], in: index).answer.hits.map(HitLine.init)
    default: throw EdgekitError.runtimeFailed("no call \(command.name ?? "")")
    }
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
