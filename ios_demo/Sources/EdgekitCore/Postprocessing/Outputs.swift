/// The outputs of a prompt's rows, by name: handed out where they are of the shape that is asked
/// for, so that no post-processing reads beyond them.
struct Outputs: Sendable {
  let rows: [Encoding]
  let outputs: [[String: Tensor]]

  /// One vector a row.
  ///
  /// - Parameter width: Of each; `nil`: the same for all.
  /// - Throws: ``EdgekitError/runtimeFailed(_:)`` where there is no such output.
  func vectors(_ name: String, width: Int? = nil) throws -> [Tensor] {
    let found = try all(name)
    try check(found.allSatisfy { $0.values.count == width ?? found[0].values.count }, name)
    return found
  }

  /// One vector, or value, for each token of each row; `width` as ``vectors(_:width:)`` has it.
  func perToken(_ name: String, width: Int? = nil) throws -> [Tensor] {
    let found = try all(name)
    let isOne = zip(found, rows).allSatisfy { tensor, row in
      row.count > 0 && tensor.rows == row.count && tensor.width == width ?? found[0].width
    }
    try check(isOne, name)
    return found
  }

  private func all(_ name: String) throws -> [Tensor] {
    let found = outputs.compactMap { $0[name] }
    try check(!found.isEmpty && found.count == rows.count && outputs.count == rows.count, name)
    return found
  }

  private func check(_ isSo: Bool, _ name: String) throws {
    guard !isSo else { return }
    throw EdgekitError.runtimeFailed(
      "the model has no output \(name) of the shape that its task wants: convert it again")
  }
}
