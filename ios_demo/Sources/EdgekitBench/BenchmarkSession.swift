import EdgekitCore
import Foundation

/// An open model that is fed, run and asked for its outputs.
actor BenchmarkSession {
  private let file: BenchmarkFile
  private let engine: any Engine
  private let home: URL
  private let beforeBytes: Int64
  private var inputs: [String: [Int32]] = [:]
  private var outputs: [String: [Float]] = [:]

  init(file: BenchmarkFile, engine: any Engine, home: URL, beforeBytes: Int64) {
    self.file = file
    self.engine = engine
    self.home = home
    self.beforeBytes = beforeBytes
  }

  func obey(_ command: BenchmarkCommand) async throws -> BenchmarkEvent {
    switch command {
    case .feed(let length, let path):
      guard let data = try? Data(contentsOf: home.appending(path: path)) else {
        throw EdgekitError.runtimeFailed("\(path) is not there, or cannot be read")
      }
      inputs = try rows(of: data, length: length)
      return .fed
    case .run(let count): return .ran(milliseconds: try await run(count))
    case .save(let path):
      try saved().write(to: home.appending(path: path))
      return .saved
    case .memory: return .memory(.since(beforeBytes))
    case .state, .clean: preconditionFailure("no matter of a session")
    }
  }

  /// Milliseconds of each of so many inferences, one after the other.
  private func run(_ count: Int) async throws -> [Double] {
    var milliseconds: [Double] = []
    let clock = ContinuousClock()
    for _ in 0..<count {
      let start = clock.now
      outputs = try await engine.run(inputs)
      milliseconds.append((clock.now - start).milliseconds)
    }
    return milliseconds
  }

  /// The values of each input: int32, little-endian, `length` for each in order.
  private func rows(of data: Data, length: Int) throws -> [String: [Int32]] {
    let size = MemoryLayout<Int32>.size
    guard data.count == file.inputs.count * length * size else {
      throw EdgekitError.runtimeFailed(
        "\(data.count) bytes are not \(file.inputs.count) rows of \(length) int32 values")
    }
    let values = data.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: size).map {
        Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: Int32.self))
      }
    }
    let rows = file.inputs.indices.map { Array(values[$0 * length..<($0 + 1) * length]) }
    return Dictionary(uniqueKeysWithValues: zip(file.inputs, rows))
  }

  /// The last outputs, float32, little-endian, one after the other in order.
  private func saved() -> Data {
    file.outputs.reduce(into: Data()) { data, name in
      for value in outputs[name] ?? [] {
        withUnsafeBytes(of: value.bitPattern.littleEndian) { data.append(contentsOf: $0) }
      }
    }
  }
}
