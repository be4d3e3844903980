/// A bundle's golden texts and post-processing, tried where the app runs.
public struct SelfTest: Sendable {
  private let bundle: EdgekitBundle
  private let tokenizer: Tokenizer

  /// - Throws: ``EdgekitError`` where the bundle has no tokenizer.
  public init(_ bundle: EdgekitBundle) throws {
    self.bundle = bundle
    tokenizer = try bundle.tokenizer()
  }

  /// Tries every case.
  ///
  /// - Parameters:
  ///   - artifact: The file that the engine has opened; `nil`: only what needs no model.
  ///   - engine: A runtime.
  /// - Throws: ``EdgekitError`` where the golden files cannot be read. What fails in a case is told
  ///   of that case.
  public func run(artifact: Artifact? = nil, engine: (any Engine)? = nil) async throws -> Report {
    let golden = try bundle.json(Golden.self, file: bundle.manifest.golden.file)
    var rows: [Report.Case] = []
    for row in golden.cases {
      try Task.checkCancellation()
      rows.append(try await goldenCase(row, golden.scales ?? [:], artifact, engine))
    }
    return Report(
      bundle: bundle.manifest.name, file: artifact?.file, runtime: engine?.title,
      golden: rows, postprocess: try postprocessCases())
  }

  /// The answer to a case of postprocess.json by its number, from its own outputs.
  package func answer(toCase number: Int) throws -> any Answer {
    let cases = try vectors()?.cases ?? []
    guard cases.indices.contains(number) else {
      throw EdgekitError.missingFile("postprocess.json, case \(number)")
    }
    return try answer(to: cases[number])
  }

  private func vectors() throws -> PostprocessVectors? {
    try bundle.manifest.postprocess.map {
      try bundle.json(PostprocessVectors.self, file: $0.file)
    }
  }

  private func goldenCase(
    _ row: Golden.Case, _ scales: [String: Golden.Scale], _ artifact: Artifact?,
    _ engine: (any Engine)?
  ) async throws -> Report.Case {
    var case_ = Report.Case(name: row.name)
    case_.difference = tokenDifference(row)
    guard case_.difference == nil, let artifact, let engine else { return case_ }
    let inference = Inference(
      artifact: artifact, engine: engine, padId: Int32(bundle.manifest.padId))
    do {
      let outputs = try await inference.run(row.row)
      case_.maxAbs = row.maxAbs(of: outputs, scales)
      if let maxAbs = case_.maxAbs, !(maxAbs <= artifact.tolerance.maxAbs) {
        case_.difference = "outputs are \(maxAbs) away from PyTorch's"
      }
    } catch let error as EdgekitError {
      case_.difference = error.message
    }
    return case_
  }

  /// How the tokenizer differs, in words; `nil` where it does not, or the case has no text.
  private func tokenDifference(_ row: Golden.Case) -> String? {
    guard let texts = row.text, let maxLength = row.maxLength else { return nil }
    let truncation = row.truncation.flatMap(Truncation.init) ?? .longestFirst
    let found = tokenizer.encode(
      texts, maxLength: maxLength, truncation: truncation, side: row.truncationSide)
    let offsets = zip(found.starts, found.ends).map { [$0, $1] }
    return Self.firstDifference(found.ids, row.inputIds, "id")
      ?? Self.firstDifference(found.typeIds, row.tokenTypeIds, "type id")
      ?? row.offsets.flatMap { Self.firstDifference(offsets, $0, "offsets") }
  }

  private func postprocessCases() throws -> [Report.Case] {
    guard let vectors = try vectors() else { return [] }
    let prompter = Prompter(
      task: bundle.manifest.task, tokenizer: tokenizer, maxLength: vectors.maxLength)
    return vectors.cases.map { row in
      var case_ = Report.Case(name: row.name)
      do {
        let expected = row.encodings.map(\.encoding)
        if try prompter.prompt(row.texts).rows != expected {
          case_.difference = "the tokenizer makes other tokens"
        } else {
          case_.difference = try JSONValue(answer(to: row))
            .firstDifference(from: row.answer, tolerance: vectors.tolerance)
        }
      } catch {
        case_.difference = (error as? EdgekitError)?.message ?? "the answer cannot be written"
      }
      return case_
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
}

extension Golden.Case {
  /// The largest difference from PyTorch's outputs, as a share of each output's scale.
  fileprivate func maxAbs(of found: [String: Tensor], _ scales: [String: Golden.Scale]) -> Float {
    outputs.reduce(0) { worst, output in
      let (name, expected) = output
      guard let tensor = found[name] else { return .infinity }
      let isPerToken = expected.shape.count > 1
      let flat = isPerToken ? rows.flatMap { Array(tensor[$0]) } : tensor.values
      let places = expected.indices ?? Array(expected.values.indices)
      guard flat.count == expected.shape.reduce(1, *) else { return .infinity }
      let scale = scales[name]?.largest ?? expected.values.map(abs).max() ?? 0
      let difference = zip(places, expected.values).map { abs(flat[$0] - $1) }.max() ?? 0
      return max(worst, scale > 0 ? difference / scale : difference)
    }
  }
}
