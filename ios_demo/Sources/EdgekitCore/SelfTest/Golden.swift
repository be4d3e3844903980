/// golden.json: texts with their ids, offsets and PyTorch's outputs.
struct Golden: Decodable, Sendable, Checked {
  let cases: [Case]
  /// What errors of each output are shares of.
  let scales: [String: Scale]?

  var flaw: String? {
    let lengths = cases.compactMap(\.maxLength)
    guard lengths.allSatisfy(\.isCount) else { return "a max_length is out of bounds" }
    let isWhole = cases.allSatisfy { row in
      !row.inputIds.isEmpty && row.inputIds.count == row.tokenTypeIds.count
        && row.inputIds.count == row.attentionMask.count
        && row.outputs.values.allSatisfy { $0.size != nil }
    }
    return isWhole ? nil : "a case contradicts itself"
  }

  struct Scale: Decodable, Sendable {
    let largest: Float
  }

  struct Case: Decodable, Sendable {
    let name: String
    /// `nil`: ids only.
    let text: [String]?
    let truncation: Truncation?
    let truncationSide: Side?
    let maxLength: Int?
    /// That the row was made for; `nil`: it was made for none.
    let role: String?
    let inputIds: [Int32]
    let attentionMask: [Int32]
    let tokenTypeIds: [Int32]
    let offsets: [[Int]]?
    let outputs: [String: Packed]
    /// Of outputs with a length axis, the tokens that were kept.
    let rows: [Int]

    /// Its ids as a row of no text.
    var row: Encoding {
      var row = Encoding()
      row.ids = inputIds
      row.typeIds = tokenTypeIds
      row.attentionMask = attentionMask
      return row
    }
  }
}

/// postprocess.json: outputs with the answers that they mean.
struct PostprocessVectors: Decodable, Sendable, Checked {
  /// Of scores; all else has to be equal.
  let tolerance: Double
  let maxLength: Int
  let cases: [Case]

  var flaw: String? {
    guard maxLength.isCount, cases.map(\.top).allSatisfy(\.isCount) else {
      return "a number is out of bounds"
    }
    let outputs = cases.flatMap { $0.outputs.flatMap(\.values) }
    return outputs.allSatisfy(\.isWhole) ? nil : "an output has other values than its shape"
  }

  struct Case: Decodable, Sendable {
    let name: String
    let texts: [String]
    let encodings: [StoredEncoding]
    let outputs: [[String: Packed]]
    let top: Int
    let answer: JSONValue
  }

  struct StoredEncoding: Decodable, Sendable {
    let inputIds: [Int32]
    let tokenTypeIds: [Int32]
    let offsets: [[Int]]
    let sequenceIds: [Int?]
    let wordIds: [Int?]
    let attentionMask: [Int32]?
    let skipped: [Int]?

    var encoding: Encoding {
      var row = Encoding()
      row.ids = inputIds
      row.typeIds = tokenTypeIds
      row.starts = offsets.map { $0.first ?? 0 }
      row.ends = offsets.map { $0.last ?? 0 }
      row.sequenceIds = sequenceIds
      row.wordIds = wordIds
      row.attentionMask = attentionMask
      row.skipped = skipped ?? []
      return row
    }
  }
}

/// An output without its batch axis: all values, or those at some places of the flat output.
struct Packed: Decodable, Sendable {
  let shape: [Int]
  let values: [Float]
  /// What stands at all other places; `nil`: nothing is known of them.
  let fill: Float?
  let indices: [Int]?

  /// How many values it has in all; `nil` where that is no count.
  var size: Int? {
    shape.reduce(1 as Int?) { size, axis in
      guard let size, axis.isCount, axis > 0, (size * axis).isCount else { return nil }
      return size * axis
    }
  }

  /// Whether all of its values are known, and as many as its shape has.
  var isWhole: Bool {
    guard let size, let indices else { return size == values.count }
    return fill != nil && indices.count == values.count
      && indices.allSatisfy((0..<size).contains)
  }

  /// The whole of it, which ``isWhole``.
  var tensor: Tensor {
    var whole = values
    if let indices, let size, let fill {
      whole = [Float](repeating: fill, count: size)
      for (index, value) in zip(indices, values) { whole[index] = value }
    }
    return Tensor(values: whole, rows: shape.first ?? 1)
  }
}
