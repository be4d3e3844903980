/// An output of one row, without padding: rows of equal width.
struct Tensor: Sendable {
  let values: [Float]
  let rows: Int

  var width: Int { rows == 0 ? 0 : values.count / rows }

  /// The values of one row.
  subscript(row: Int) -> ArraySlice<Float> {
    values[row * width..<(row + 1) * width]
  }
}
