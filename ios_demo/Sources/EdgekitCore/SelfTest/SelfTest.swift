/// A bundle's golden texts and post-processing, tried where the app runs.
public struct SelfTest: Sendable {
  private let bundle: EdgekitBundle
  private let tokenizer: Tokenizer

  /// Reads the tokenizer, which takes a moment, and never on the main thread.
  ///
  /// - Throws: ``EdgekitError`` where the bundle has no tokenizer.
  public init(_ bundle: EdgekitBundle) async throws {
    self.bundle = bundle
    tokenizer = try bundle.tokenizer()
  }

  /// Tries every case.
  ///
  /// - Parameters:
  ///   - artifact: The file that the engine has opened; `nil`: only what needs no model.
  ///   - engine: A runtime.
  ///   - progress: Is told each result as soon as it is there.
  /// - Throws: ``EdgekitError`` where the golden files cannot be read. What fails in a case is told
  ///   of that case.
  public func run(
    artifact: Artifact? = nil, engine: (any Engine)? = nil,
    progress: @Sendable (Report.Case) async -> Void = { _ in }
  ) async throws -> Report {
    let golden = try bundle.json(Golden.self, file: bundle.manifest.golden.file)
    var cases: [Report.Case] = []
    func add(_ row: Report.Case) async throws {
      try Task.checkCancellation()
      cases.append(row)
      await progress(row)
    }
    for row in golden.cases {
      if row.text != nil {
        let difference = Self.told { try tokenDifference(row) }
        try await add(Report.Case(.tokenizer, row.name, difference: difference))
      }
      if let artifact, let engine {
        let inference = Inference(
          artifact: artifact, engine: engine, padId: Int32(bundle.manifest.padId))
        try await add(await outputs(row, golden.scales ?? [:], inference))
      }
    }
    for row in try postprocessing() { try await add(row) }
    return Report(
      bundle: bundle.manifest.name, artifact: artifact?.file, runtime: engine?.title, cases: cases)
  }

  /// How the tokenizer differs, in words; `nil` where it does not.
  private func tokenDifference(_ row: Golden.Case) throws -> String? {
    let plain = try tokenizer.encode(
      row.text ?? [], maxLength: row.maxLength ?? bundle.manifest.maxLength,
      truncation: row.truncation ?? .longestFirst, side: row.truncationSide)
    let found = row.role.map { bundle.manifest.role($0).shaped(plain) } ?? plain
    let offsets = zip(found.starts, found.ends).map { [$0, $1] }
    return Self.firstDifference(found.ids, row.inputIds, "id")
      ?? Self.firstDifference(found.attention, row.attentionMask, "attention")
      ?? Self.firstDifference(found.typeIds, row.tokenTypeIds, "type id")
      ?? row.offsets.flatMap { Self.firstDifference(offsets, $0, "offsets") }
  }

  private func outputs(
    _ row: Golden.Case, _ scales: [String: Golden.Scale], _ inference: Inference
  ) async -> Report.Case {
    do {
      let distance = try row.distance(of: try await inference.run(row.row), scales)
      let tolerance = inference.artifact.tolerance
      let isClose = distance.maxAbs <= tolerance.maxAbs && distance.cosine >= tolerance.cosine
      let difference =
        "max abs \(distance.maxAbs) of \(tolerance.maxAbs), "
        + "cosine \(distance.cosine) of \(tolerance.cosine)"
      return Report.Case(
        .outputs, row.name, difference: isClose ? nil : difference, maxAbs: distance.maxAbs)
    } catch {
      return Report.Case(.outputs, row.name, difference: Self.message(of: error))
    }
  }

  private func postprocessing() throws -> [Report.Case] {
    guard let vectors = try vectors() else { return [] }
    let prompter = Prompter(
      manifest: bundle.manifest, tokenizer: tokenizer, maxLength: vectors.maxLength)
    return vectors.cases.map { row in
      let difference = Self.told {
        guard try prompter.prompt(row.texts).rows == row.encodings.map(\.encoding) else {
          return "the tokenizer makes other tokens"
        }
        return try JSONValue(answer(to: row))
          .firstDifference(from: row.answer, tolerance: vectors.tolerance)
      }
      return Report.Case(.postprocessing, row.name, difference: difference)
    }
  }

  /// The difference that a test finds; what it throws is one, too.
  private static func told(_ test: () throws -> String?) -> String? {
    do {
      return try test()
    } catch {
      return message(of: error)
    }
  }

  private func vectors() throws -> PostprocessVectors? {
    try bundle.manifest.postprocess.map {
      try bundle.json(PostprocessVectors.self, file: $0.file)
    }
  }

  private func answer(to row: PostprocessVectors.Case) throws -> any Answer {
    let prompt = Prompt(
      texts: row.texts.map(CodePoints.init), rows: row.encodings.map(\.encoding), leftOut: 0)
    return try PostProcessor(manifest: bundle.manifest, tokenizer: tokenizer)
      .answer(prompt, outputs: row.outputs.map { $0.mapValues(\.tensor) }, top: row.top)
  }

  private static func firstDifference<Value: Equatable>(
    _ found: [Value], _ expected: [Value], _ name: String
  ) -> String? {
    guard found.count == expected.count else {
      return "\(found.count) tokens, not \(expected.count)"
    }
    guard let place = found.indices.first(where: { found[$0] != expected[$0] }) else { return nil }
    return "\(name) of token \(place) is \(found[place]), not \(expected[place])"
  }

  private static func message(of error: any Error) -> String {
    (error as? EdgekitError)?.message ?? "\(type(of: error))"
  }
}
