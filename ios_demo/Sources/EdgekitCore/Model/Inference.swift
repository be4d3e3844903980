/// Runs rows through an engine: padding before it, and none behind it.
struct Inference: Sendable {
  let artifact: Artifact
  let engine: any Engine
  /// What `input_ids` are padded with.
  let padId: Int32

  /// The outputs of one row, without padding.
  ///
  /// - Throws: ``EdgekitError/runtimeFailed(_:)`` where the file takes no row of that length, or
  ///   gives other values than its manifest says.
  func run(_ row: Encoding) async throws -> [String: Tensor] {
    let length = try self.length(of: row)
    let values = try await engine.run(inputs(row, length: length))
    var outputs: [String: Tensor] = [:]
    for spec in artifact.outputs {
      outputs[spec.name] = try tensor(values[spec.name], spec, tokens: row.count, length: length)
    }
    return outputs
  }

  /// The length that a row is padded to.
  func length(of row: Encoding) throws -> Int {
    guard let length = Buckets.smallest(for: row.count, of: artifact.buckets) else {
      throw EdgekitError.runtimeFailed(
        "\(artifact.file) takes at most \(artifact.buckets?.max() ?? 0) tokens, not \(row.count)")
    }
    return length
  }

  private func inputs(_ row: Encoding, length: Int) -> [String: [Int32]] {
    let padding = length - row.count
    let known = [
      "input_ids": row.ids + [Int32](repeating: padId, count: padding),
      "token_type_ids": row.typeIds + [Int32](repeating: 0, count: padding),
      "attention_mask": row.attention + [Int32](repeating: 0, count: padding),
    ]
    let names = Set(artifact.inputs.map(\.name))
    return known.filter { names.contains($0.key) }
  }

  private func tensor(
    _ values: [Float]?, _ spec: TensorSpec, tokens: Int, length: Int
  ) throws -> Tensor {
    let rows = spec.isPerToken ? length : 1
    guard let values, !values.isEmpty, values.count % rows == 0 else {
      throw EdgekitError.runtimeFailed(
        "\(artifact.file) has no such output \(spec.name) as its manifest says: convert it again")
    }
    let kept = spec.isPerToken ? Array(values[..<(values.count / rows * tokens)]) : values
    guard kept.allSatisfy(\.isFinite) else {
      throw EdgekitError.runtimeFailed(
        "\(artifact.file) gives NaN or infinity for this text: convert it again")
    }
    return Tensor(values: kept, rows: spec.isPerToken ? tokens : 1)
  }
}
