/// An open file of a bundle: texts in, answers out.
///
/// ```swift
/// let bundle = try EdgekitBundle(at: url)
/// let model = try EdgeModel(bundle: bundle, artifact: artifact, engine: engine)
/// let answered = try await model.answer("Who built it?", in: passage)
/// ```
///
/// All methods leave the main thread, may be cancelled between two inferences, and throw
/// ``EdgekitError``.
public final class EdgeModel: Sendable {
  public let bundle: EdgekitBundle
  public let artifact: Artifact
  public let engine: any Engine
  private let prompter: Prompter
  private let inference: Inference
  private let processor: PostProcessor

  /// - Parameters:
  ///   - bundle: An opened bundle; its tokenizer is read here, which takes a moment.
  ///   - artifact: The file that the engine has opened.
  ///   - engine: A runtime; see the package's other products.
  public init(bundle: EdgekitBundle, artifact: Artifact, engine: any Engine) throws {
    let manifest = bundle.manifest
    let tokenizer = try bundle.tokenizer()
    self.bundle = bundle
    self.artifact = artifact
    self.engine = engine
    prompter = Prompter(
      manifest: manifest, tokenizer: tokenizer, maxLength: manifest.maxLength)
    inference = Inference(artifact: artifact, engine: engine, padId: Int32(manifest.padId))
    processor = PostProcessor(manifest: manifest, tokenizer: tokenizer)
  }

  /// The answer of whatever task the model has.
  ///
  /// - Parameters:
  ///   - texts: One or two: a question and its passage, a pair, or two to compare.
  ///   - top: How many results are kept; `nil` is the manifest's.
  public func ask(_ texts: [String], top: Int? = nil) async throws -> Answered<any Answer> {
    try await ask(texts, roles: nil, top: top)
  }

  private func ask(
    _ texts: [String], roles: [String?]?, top: Int?
  ) async throws -> Answered<any Answer> {
    let clock = ContinuousClock()
    let start = clock.now
    let prompt = try prompter.prompt(texts, roles: roles)
    var outputs: [[String: Tensor]] = []
    for row in prompt.rows {
      try Task.checkCancellation()
      outputs.append(try await inference.run(row))
    }
    let top = top ?? bundle.manifest.postprocessing.top
    let answer = try processor.answer(prompt, outputs: outputs, top: top)
    return Answered(
      answer: answer, latencyMs: (clock.now - start).milliseconds,
      tokens: prompt.rows.reduce(0) { $0 + $1.count },
      bucket: try prompt.rows.map(inference.length).max() ?? 0,
      windows: prompt.rows.count, leftOut: prompt.leftOut)
  }

  /// The labels of a text, or of a pair.
  public func classify(
    _ text: String, _ second: String? = nil, top: Int? = nil
  ) async throws -> Answered<Classification> {
    try await ask(.textClassification, [text, second].compactMap { $0 }, top: top)
  }

  /// The entities of a text.
  public func tag(_ text: String) async throws -> Answered<Tagging> {
    try await ask(.tokenClassification, [text])
  }

  /// The answer to a question, as a piece of a passage of any length.
  public func answer(
    _ question: String, in passage: String, top: Int? = nil
  ) async throws -> Answered<QuestionAnswer> {
    try await ask(.questionAnswering, [question, passage], top: top)
  }

  /// What may stand where a text has the tokenizer's mask.
  public func fillMask(_ text: String, top: Int? = nil) async throws -> Answered<FillMask> {
    try await ask(.fillMask, [text], top: top)
  }

  /// A text's vector.
  ///
  /// - Parameter role: Of the text, such as `query`: the model's prompt for it is put before the
  ///   text; `nil`: the model's default.
  public func embed(_ text: String, role: String? = nil) async throws -> Answered<Embedding> {
    try await ask(.sentenceSimilarity, [text], roles: [role])
  }

  /// How alike two texts are, by one vector each, sparse ones, or one for each token.
  public func similarity(of text: String, to other: String) async throws -> Answered<Similarity> {
    let task = bundle.manifest.task
    return try await ask(task.rows == .each ? task : .sentenceSimilarity, [text, other])
  }

  /// A text's weights over the vocabulary; `role` as ``embed(_:role:)`` has it.
  public func sparseEmbedding(
    _ text: String, role: String? = nil, top: Int? = nil
  ) async throws -> Answered<SparseEmbedding> {
    try await ask(.sparseEmbedding, [text], roles: [role], top: top)
  }

  /// A vector for each token of a query or document; `role` as ``embed(_:role:)`` has it.
  public func lateInteraction(
    _ text: String, role: String? = nil
  ) async throws -> Answered<LateInteraction> {
    try await ask(.lateInteraction, [text], roles: [role])
  }

  /// A vector for each token of a text.
  public func features(_ text: String) async throws -> Answered<Features> {
    try await ask(.featureExtraction, [text])
  }

  private func ask<Wanted: Answer>(
    _ wanted: ModelTask, _ texts: [String], roles: [String?]? = nil, top: Int? = nil
  ) async throws -> Answered<Wanted> {
    let manifest = bundle.manifest
    guard manifest.task == wanted else {
      throw EdgekitError.unsupportedTask(
        "\(manifest.name) is for \(manifest.task.rawValue), not \(wanted.rawValue): take another "
          + "bundle")
    }
    return try await ask(texts, roles: roles, top: top).map { $0 as! Wanted }
  }

  /// An index of sentences to search in.
  ///
  /// The model's prompt for documents, if it has one, is put before each.
  public func index(_ sentences: [String]) async throws -> SearchIndex {
    var index = SearchIndex(similarity: bundle.manifest.similarity ?? .cosine)
    for sentence in sentences {
      index.add(sentence, vector: try await embed(sentence, role: "document").answer.vector)
    }
    return index
  }

  /// The sentences of an index that are most alike to a query.
  ///
  /// The model's prompt for queries, if it has one, is put before it.
  public func search(
    _ query: String, in index: SearchIndex, top: Int? = nil
  ) async throws -> Answered<SearchIndex.Hits> {
    let answered = try await embed(query, role: "query")
    let top = top ?? bundle.manifest.postprocessing.top
    return answered.map { index.search($0.vector, top: top) }
  }
}

/// An answer, and what it took.
public struct Answered<Value: Sendable>: Sendable {
  public let answer: Value
  /// From the text to the answer.
  public let latencyMs: Double
  /// Of all rows, special ones included.
  public let tokens: Int
  /// The length that the longest row was padded to.
  public let bucket: Int
  /// Rows that were asked; of a long passage more than one.
  public let windows: Int
  /// Tokens that did not fit.
  public let leftOut: Int

  func map<Other>(_ change: (Value) throws -> Other) rethrows -> Answered<Other> {
    Answered<Other>(
      answer: try change(answer), latencyMs: latencyMs, tokens: tokens, bucket: bucket,
      windows: windows, leftOut: leftOut)
  }
}

extension Duration {
  /// In milliseconds, with fractions.
  public var milliseconds: Double {
    Double(components.seconds) * 1e3 + Double(components.attoseconds) / 1e15
  }
}
