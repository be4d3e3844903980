/// What one question to a model is made of.
struct Prompt: Sendable {
  let texts: [CodePoints]
  /// One, or one a window of a long passage, or one a text.
  let rows: [Encoding]
  /// Tokens that did not fit.
  let leftOut: Int
}

/// Makes prompts: the rows that a task asks a model about texts.
struct Prompter: Sendable {
  let manifest: Manifest
  let tokenizer: Tokenizer
  /// Tokens of a row, special ones included.
  let maxLength: Int

  /// - Parameter roles: Of each text that becomes a vector: what stands before it, and what its
  ///   row is; `nil`: those of the task.
  /// - Throws: ``EdgekitError`` where there are too many or too few texts, one is empty, or a
  ///   question leaves no room for its passage.
  func prompt(_ texts: [String], roles: [String?]? = nil) throws -> Prompt {
    let task = manifest.task
    guard task.textCounts.contains(texts.count) else {
      throw EdgekitError.unsupportedTask(
        "\(task.rawValue) takes \(task.textCounts.words), not \(texts.count)")
    }
    let points = texts.map(CodePoints.init)
    switch task.rows {
    case .together: return try together(points)
    case .windows: return try windows(points)
    case .each:
      let roles = roles ?? task.roles(of: texts.count)
      let parts = try zip(texts, roles).map(alone)
      return Prompt(
        texts: parts.flatMap(\.texts), rows: parts.flatMap(\.rows),
        leftOut: parts.reduce(0) { $0 + $1.leftOut })
    }
  }

  private func alone(_ text: String, name: String?) throws -> Prompt {
    let role = manifest.role(name)
    let prompted = CodePoints(manifest.prompt(for: name) + text)
    let part = try together([prompted], maxLength: min(maxLength, role.maxLength ?? maxLength))
    let row = role.shaped(part.rows[0])
    guard row.skipped.count < row.count else { throw Self.empty("text") }
    return Prompt(texts: part.texts, rows: [row], leftOut: part.leftOut)
  }

  private func together(_ texts: [CodePoints], maxLength: Int? = nil) throws -> Prompt {
    let tokens = texts.map(tokenizer.tokens)
    let row = try tokenizer.row(tokens, maxLength: maxLength ?? self.maxLength)
    guard row.count > 0 else { throw Self.empty("text") }
    let kept = (0..<row.count).count { !row.isSpecial($0) }
    return Prompt(texts: texts, rows: [row], leftOut: tokens.joined().count - kept)
  }

  private func windows(_ texts: [CodePoints]) throws -> Prompt {
    let tokens = texts.map(tokenizer.tokens)
    let (question, passage) = (tokens[0], tokens[1])
    guard !question.isEmpty else { throw Self.empty("question") }
    guard !passage.isEmpty else { throw Self.empty("passage") }
    let room = maxLength - question.count - tokenizer.specialTokens(texts: 2)
    guard room > 0 else {
      throw EdgekitError.questionTooLong(
        "the question has \(question.count) tokens and leaves no room for a passage in "
          + "\(maxLength): ask a shorter one")
    }
    let rows = Windows.ranges(tokens: passage.count, room: room).map { window in
      tokenizer.filled([question, Array(passage[window])])
    }
    return Prompt(texts: texts, rows: rows, leftOut: 0)
  }

  private static func empty(_ what: String) -> EdgekitError {
    .emptyText("the \(what) is empty: no token is left of it")
  }
}

extension ClosedRange<Int> {
  fileprivate var words: String {
    switch (lowerBound, upperBound) {
    case (2, _): "two texts"
    case (_, 2): "one or two texts"
    default: "one text"
    }
  }
}
