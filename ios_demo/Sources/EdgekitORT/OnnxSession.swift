import COrt
import EdgekitCore
import Foundation

/// Owns the C session, whose calls may come from any thread, one after the other.
package final class OnnxSession: @unchecked Sendable {
  private let session: OpaquePointer

  package init(model: String, library: String, threads: Int) throws {
    session = try reporting { error in
      edgekit_ort_open(library, model, Int32(threads), error)
    }
  }

  deinit {
    edgekit_ort_close(session)
  }

  package var version: String { String(cString: edgekit_ort_version(session)) }

  package func run(_ inputs: [String: [Int32]], outputs: [String]) throws -> [String: [Float]] {
    let names = inputs.keys.sorted()
    let rows = names.map { inputs[$0] ?? [] }
    let length = rows.first?.count ?? 0
    guard rows.allSatisfy({ $0.count == length }) else {
      throw EdgekitError.runtimeFailed("the inputs are of different lengths")
    }
    var values = [UnsafeMutablePointer<Float>?](repeating: nil, count: outputs.count)
    defer { for pointer in values { free(pointer) } }
    var counts = [Int64](repeating: 0, count: outputs.count)
    try withPointers(names, outputs, rows) { names, outputs, rows in
      _ = try reporting { error in
        let found = edgekit_ort_run(
          session, names, rows, names.count, Int64(length), outputs, outputs.count, &values,
          &counts, error)
        return found < 0 ? nil : found
      }
    }
    let arrays = zip(values, counts).map { Array(UnsafeBufferPointer(start: $0, count: Int($1))) }
    return Dictionary(uniqueKeysWithValues: zip(outputs, arrays))
  }
}

/// The result of a C call, or the line that it left.
private func reporting<Result>(
  _ call: (UnsafeMutablePointer<CChar>) throws -> Result?
) throws -> Result {
  let error = UnsafeMutablePointer<CChar>.allocate(capacity: Int(EDGEKIT_ORT_ERROR_BYTES))
  error.pointee = 0
  defer { error.deallocate() }
  guard let result = try call(error) else {
    throw EdgekitError.runtimeFailed("onnxruntime: \(String(cString: error))")
  }
  return result
}

private typealias CStrings = [UnsafePointer<CChar>?]
private typealias CRows = [UnsafePointer<Int32>?]

/// Calls the closure with C's view of names and rows, valid until it returns.
private func withPointers(
  _ names: [String], _ outputs: [String], _ rows: [[Int32]],
  _ body: (CStrings, CStrings, CRows) throws -> Void
) rethrows {
  let strings = (names + outputs).map { strdup($0) }
  let copies = rows.map { row in
    let copy = UnsafeMutableBufferPointer<Int32>.allocate(capacity: row.count)
    _ = copy.initialize(from: row)
    return copy
  }
  defer {
    for string in strings { free(string) }
    for copy in copies { copy.deallocate() }
  }
  let pointers = strings.map { UnsafePointer($0) }
  try body(
    CStrings(pointers.prefix(names.count)), CStrings(pointers.dropFirst(names.count)),
    copies.map { UnsafePointer($0.baseAddress) })
}
