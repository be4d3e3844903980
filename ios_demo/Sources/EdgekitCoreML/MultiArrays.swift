import CoreML
import EdgekitCore
import Foundation

extension MLMultiArray {
  /// A row of ids with a batch axis of 1.
  static func row(_ ids: [Int32]) throws -> MLMultiArray {
    let array = try MLMultiArray(shape: [1, NSNumber(value: ids.count)], dataType: .int32)
    array.withUnsafeMutableBytes { bytes, _ in
      ids.withUnsafeBytes { bytes.copyMemory(from: $0) }
    }
    return array
  }

  /// All values in row-major order, whatever type and strides Core ML chose.
  ///
  /// - Throws: ``EdgekitError`` for integers, which no output of a bundle is.
  func floats() throws -> [Float] {
    switch dataType {
    case .float32: values(of: Float.self) { $0 }
    case .float16: values(of: UInt16.self, Float.init(halfBits:))
    case .double: values(of: Double.self) { Float($0) }
    default:
      throw EdgekitError.runtimeFailed("an output of type \(dataType.rawValue) is no float")
    }
  }

  private func values<Value>(of type: Value.Type, _ convert: (Value) -> Float) -> [Float] {
    let axes = zip(shape, strides).map { (size: $0.intValue, stride: $1.intValue) }
    let last = axes.last ?? (size: 1, stride: 1)
    let rows = axes.dropLast().reduce([0]) { rows, axis in
      rows.flatMap { start in (0..<axis.size).map { start + $0 * axis.stride } }
    }
    return withUnsafeBytes { bytes in
      let stored = bytes.bindMemory(to: type)
      var values: [Float] = []
      values.reserveCapacity(rows.count * last.size)
      for row in rows {
        for place in 0..<last.size { values.append(convert(stored[row + place * last.stride])) }
      }
      return values
    }
  }
}

extension Float {
  /// The value of 16 bits as IEEE 754 has them. Swift's own `Float16` is missing on Intel Macs.
  init(halfBits bits: UInt16) {
    let exponent = Int(bits >> 10 & 0x1F)
    let fraction = Float(bits & 0x3FF)
    let magnitude: Float =
      switch exponent {
      case 0: fraction * 0x1p-24
      case 0x1F: fraction == 0 ? .infinity : .nan
      default: Float(sign: .plus, exponent: exponent - 15, significand: 1 + fraction / 1024)
      }
    self = bits & 0x8000 == 0 ? magnitude : -magnitude
  }
}
