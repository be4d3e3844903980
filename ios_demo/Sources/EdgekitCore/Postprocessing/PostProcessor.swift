/// From a model's outputs to its answer, as the manifest's task has it.
struct PostProcessor: Sendable {
  let manifest: Manifest
  let tokenizer: Tokenizer

  private var mending: Mending { Mending(marks: tokenizer.marks) }

  /// The answer to a prompt.
  ///
  /// - Parameters:
  ///   - outputs: Of each row of the prompt, by name.
  ///   - top: The most spans, labels or fillers that are kept.
  /// - Throws: ``EdgekitError/noMask(_:)`` where nothing is to be filled, and
  ///   ``EdgekitError/runtimeFailed(_:)`` where an output is missing, or of another shape.
  func answer(_ prompt: Prompt, outputs: [[String: Tensor]], top: Int) throws -> any Answer {
    let found = Outputs(rows: prompt.rows, outputs: outputs)
    let labels = manifest.labels.count
    switch manifest.task {
    case .questionAnswering:
      return span(
        prompt, starts: try found.perToken("start_logits"), ends: try found.perToken("end_logits"),
        top: top)
    case .textClassification:
      return label(try found.vectors("logits", width: labels)[0], top: top)
    case .tokenClassification:
      return Tagger(names: manifest.labels, mending: mending).tag(
        logits: try found.perToken("logits", width: labels)[0], row: prompt.rows[0],
        text: prompt.texts[0])
    case .fillMask: return try fill(prompt, logits: try found.perToken("logits")[0], top: top)
    case .sentenceSimilarity: return embedding(try found.vectors("sentence_embedding"))
    case .sparseEmbedding: return weights(try found.vectors("sparse_embedding"), top: top)
    case .lateInteraction:
      return vectors(
        zip(try found.perToken("token_embeddings"), prompt.rows).map(LateInteraction.init))
    case .featureExtraction:
      return Features(
        try found.perToken("last_hidden_state")[0], row: prompt.rows[0], text: prompt.texts[0])
    }
  }

  private func span(_ prompt: Prompt, starts: [Tensor], ends: [Tensor], top: Int) -> any Answer {
    let windows = prompt.rows.enumerated().map { index, row in
      QuestionAnswering.Window(
        row: row, startLogits: starts[index].values, endLogits: ends[index].values)
    }
    return QuestionAnswering(settings: manifest.postprocessing, mending: mending)
      .answer(windows, passage: prompt.texts[1], top: top)
  }

  private func label(_ logits: Tensor, top: Int) -> any Answer {
    Classification(
      logits: logits.values, names: manifest.labels,
      problemType: manifest.problemType ?? "single_label_classification",
      settings: manifest.postprocessing, top: top)
  }

  private func fill(_ prompt: Prompt, logits: Tensor, top: Int) throws -> any Answer {
    guard let maskId = manifest.maskId else {
      throw EdgekitError.unsupportedTask(
        "the bundle's tokenizer has no mask token: masks cannot be filled")
    }
    return try FillMask(
      logits: logits, row: prompt.rows[0], text: prompt.texts[0], maskId: maskId,
      token: tokenizer.token, top: top)
  }

  private func embedding(_ rows: [Tensor]) -> any Answer {
    rows.count == 1 ? Embedding(vector: rows[0].values) : similarity(rows)
  }

  private func weights(_ rows: [Tensor], top: Int) -> any Answer {
    guard rows.count == 1 else { return similarity(rows) }
    return SparseEmbedding(vector: rows[0].values, token: tokenizer.token, top: top)
  }

  private func vectors(_ texts: [LateInteraction]) -> any Answer {
    guard texts.count == 1 else {
      return LateInteraction.similarity(query: texts[0], document: texts[1])
    }
    return texts[0]
  }

  private func similarity(_ rows: [Tensor]) -> any Answer {
    let kind = manifest.similarity ?? .cosine
    return Similarity(similarity: kind.between(rows[0].values, rows[1].values))
  }
}
