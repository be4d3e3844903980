import CoreML
import Testing

@testable import EdgekitCoreML

@Suite struct MultiArrayTests {
  /// Core ML pads rows: 384 values may stand 448 apart.
  @Test func valuesAreReadByTheirStrides() throws {
    let array = MLMultiArray(shape: [1, 2, 3], dataType: .float32, strides: [16, 8, 2])
    array.withUnsafeMutableBytes { bytes, _ in
      let stored = bytes.bindMemory(to: Float.self)
      for place in stored.indices { stored[place] = Float(place) }
    }
    #expect(try array.floats() == [0, 2, 4, 8, 10, 12])
  }

  @Test(
    arguments: [
      (0x0000, 0), (0x8000, -0.0), (0x3C00, 1), (0xC000, -2), (0x7BFF, 65504), (0x0001, 0x1p-24),
      (0x0400, 0x1p-14), (0x3555, 0.333251953125), (0x7C00, .infinity), (0xFC00, -.infinity),
    ] as [(UInt16, Float)])
  func halfPrecisionIsReadByItsBits(bits: UInt16, value: Float) throws {
    let array = try MLMultiArray(shape: [1], dataType: .float16)
    array.withUnsafeMutableBytes { bytes, _ in bytes.bindMemory(to: UInt16.self)[0] = bits }
    #expect(try array.floats()[0].bitPattern == value.bitPattern)
  }

  @Test func halfPrecisionKeepsNaN() {
    #expect(Float(halfBits: 0x7E00).isNaN)
  }

  @Test func anInputIsOneRow() throws {
    let array = try MLMultiArray.row([101, 7592, 102])
    #expect(array.shape == [1, 3])
    let ids = array.withUnsafeBytes { Array($0.bindMemory(to: Int32.self)) }
    #expect(ids == [101, 7592, 102])
  }

  @Test func integersAreNoOutput() throws {
    let array = try MLMultiArray(shape: [1], dataType: .int32)
    #expect(throws: (any Error).self) { try array.floats() }
  }
}
