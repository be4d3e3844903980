/// golden.json: texts with their ids, offsets and PyTorch's outputs.
struct Golden: Decodable, Sendable {
  let cases: [Case]
  /// What errors of each output are shares of.
  let scales: [String: Scale]?

  struct Scale: Decodable, Sendable {
    let largest: Float
  }

  struct Case: Decodable, Sendable {
    let name: String
    /// `nil`: ids only.
    let text: [String]?
    let truncation: String?
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
struct PostprocessVectors: Decodable, Sendable {
  /// Of scores; all else has to be equal.
  let tolerance: Double
  let maxLength: Int
  let cases: [Case]

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

  /// The whole of it, where it is known.
  var tensor: Tensor {
    let size = shape.reduce(1, *)
    var whole = indices == nil ? values : [Float](repeating: fill ?? 0, count: size)
    for (index, value) in zip(indices ?? [], values) where whole.indices.contains(index) {
      whole[index] = value
    }
    return Tensor(values: whole, rows: shape.count > 1 ? shape[0] : 1)
  }
}
