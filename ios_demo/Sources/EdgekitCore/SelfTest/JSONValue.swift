import Foundation

/// Any JSON, to be compared piece by piece.
enum JSONValue: Sendable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  /// Something encodable as JSON.
  init(_ value: some Encodable) throws {
    self = try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(value))
  }

  /// The first place at which another value differs, and how; `nil` where none does.
  ///
  /// - Parameter tolerance: Of numbers.
  func firstDifference(
    from expected: JSONValue, tolerance: Double, at place: String = "answer"
  ) -> String? {
    switch (self, expected) {
    case (.null, .null): return nil
    case (.bool(let one), .bool(let other)) where one == other: return nil
    case (.number(let one), .number(let other)):
      // One that is no number at all is a difference, too.
      return abs(one - other) <= tolerance ? nil : "\(place) is \(one), not \(other)"
    case (.string(let one), .string(let other)):
      // Not `==`, which takes an accented letter and its parts for equal.
      return one.unicodeScalars.elementsEqual(other.unicodeScalars) ? nil : "\(place) is another"
    case (.array(let one), .array(let other)):
      guard one.count == other.count else {
        return "\(place) has \(one.count) entries, not \(other.count)"
      }
      return one.indices.lazy.compactMap {
        one[$0].firstDifference(from: other[$0], tolerance: tolerance, at: "\(place)[\($0)]")
      }.first
    case (.object(let one), .object(let other)):
      guard Set(one.keys) == Set(other.keys) else { return "\(place) has other fields" }
      return one.keys.sorted().lazy.compactMap { key in
        one[key]!.firstDifference(
          from: other[key]!, tolerance: tolerance, at: "\(place).\(key)")
      }.first
    default: return "\(place) is another"
    }
  }
}

extension JSONValue: Decodable {
  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if value.decodeNil() {
      self = .null
    } else if let bool = try? value.decode(Bool.self) {
      self = .bool(bool)
    } else if let number = try? value.decode(Double.self) {
      self = .number(number)
    } else if let string = try? value.decode(String.self) {
      self = .string(string)
    } else if let array = try? value.decode([JSONValue].self) {
      self = .array(array)
    } else {
      self = .object(try value.decode([String: JSONValue].self))
    }
  }
}
