import Foundation

/// From logits to probabilities and ranks.
enum Scores {
  /// e^x of each over their sum; the largest is taken off first, so that nothing overflows.
  static func softmax(_ logits: some Collection<Float>) -> [Float] {
    guard let largest = logits.max() else { return [] }
    let powers = logits.map { exp($0 - largest) }
    let sum = powers.reduce(0.0) { $0 + Double($1) }
    return powers.map { Float(Double($0) / sum) }
  }

  /// 1 over 1 plus e^-x of each; never overflows.
  static func sigmoid(_ logits: some Collection<Float>) -> [Float] {
    logits.map { logit in
      let power = exp(-abs(logit))
      return (logit >= 0 ? 1 : power) / (1 + power)
    }
  }

  /// Places of the largest values, the largest first; of equal ones the lower place.
  ///
  /// - Parameter top: How many; `nil` is all.
  static func ranked(_ values: some RandomAccessCollection<Float>, top: Int? = nil) -> [Int] {
    let rows = zip(0..., values)
    let precedes: ((Int, Float), (Int, Float)) -> Bool = { one, other in
      one.1 > other.1 || one.1 == other.1 && one.0 < other.0
    }
    guard let top, top < few else { return rows.sorted(by: precedes).prefix(top ?? .max).map(\.0) }
    var best: [(Int, Float)] = []
    for row in rows where best.count < top || top > 0 && precedes(row, best[top - 1]) {
      if best.count == top { best.removeLast() }
      best.insert(row, at: best.partitioningIndex { precedes(row, $0) })
    }
    return best.map(\.0)
  }

  /// So many are kept in order while a vocabulary is passed; more are sorted.
  private static let few = 64
}
