/// How far outputs are from PyTorch's.
struct OutputDistance: Sendable {
  /// The largest difference, as a share of each output's scale.
  var maxAbs: Float = 0
  /// The least cosine similarity of outputs that are vectors.
  var cosine: Float = 1

  /// Values from which on a cosine says something: two small logits may point anywhere.
  private static let leastForCosine = 16

  /// Takes one more output, whose scale is PyTorch's largest value.
  mutating func add(_ found: [Float], _ expected: [Float], scale: Float) {
    let difference = zip(found, expected).map { abs($0 - $1) }.max() ?? 0
    maxAbs = max(maxAbs, scale > 0 ? difference / scale : difference)
    if expected.count >= Self.leastForCosine {
      cosine = min(cosine, VectorSimilarity.cosine.between(found, expected))
    }
  }
}

extension Golden.Case {
  /// The distance of a file's outputs from the case's.
  ///
  /// - Throws: ``EdgekitError/runtimeFailed(_:)`` where they are of other shapes.
  func distance(
    of found: [String: Tensor], _ scales: [String: Golden.Scale]
  ) throws -> OutputDistance {
    var distance = OutputDistance()
    for (name, expected) in outputs {
      guard let tensor = found[name], let values = expected.same(of: tensor, rows: rows) else {
        throw EdgekitError.runtimeFailed("the output \(name) has another shape than in golden.json")
      }
      let scale = scales[name]?.largest ?? expected.values.map(abs).max() ?? 0
      distance.add(values, expected.values, scale: scale)
    }
    return distance
  }
}

extension Packed {
  /// As much of a whole output as this one has; `nil` where it is of another shape.
  ///
  /// - Parameter rows: Tokens of it that were kept, where it has values for each.
  fileprivate func same(of tensor: Tensor, rows: [Int]) -> [Float]? {
    let isPerToken = shape.count > 1
    guard !isPerToken || rows.allSatisfy((0..<tensor.rows).contains) else { return nil }
    let flat = isPerToken ? rows.flatMap { Array(tensor[$0]) } : tensor.values
    let places = indices ?? Array(values.indices)
    guard flat.count == size, places.count == values.count,
      places.allSatisfy(flat.indices.contains)
    else { return nil }
    return places.map { flat[$0] }
  }
}
