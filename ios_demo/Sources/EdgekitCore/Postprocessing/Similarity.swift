/// How alike two texts are, the larger the more; a cosine is from -1 to 1.
public struct Similarity: Answer {
  public let similarity: Float
}

/// One text's vector, as the model gives it.
public struct Embedding: Answer {
  public let vector: [Float]
}

extension VectorSimilarity {
  /// Of two vectors of one size; distances are negative, so that the larger is the more alike.
  func between(_ x: some Collection<Float>, _ y: some Collection<Float>) -> Float {
    switch self {
    case .cosine: Float(Self.cosine(x, y))
    case .dot: Float(Self.dot(x, y))
    case .euclidean: -Float(zip(x, y).reduce(0.0) { $0 + square($1.0, $1.1) }.squareRoot())
    case .manhattan: -Float(zip(x, y).reduce(0.0) { $0 + abs(Double($1.0) - Double($1.1)) })
    }
  }

  static func dot(_ x: some Collection<Float>, _ y: some Collection<Float>) -> Double {
    zip(x, y).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
  }

  /// Of the angle between them; 0 where one has no length.
  private static func cosine(_ x: some Collection<Float>, _ y: some Collection<Float>) -> Double {
    let lengths = (dot(x, x) * dot(y, y)).squareRoot()
    return lengths == 0 ? 0 : min(1, max(-1, dot(x, y) / lengths))
  }

  private func square(_ x: Float, _ y: Float) -> Double {
    let distance = Double(x) - Double(y)
    return distance * distance
  }
}
