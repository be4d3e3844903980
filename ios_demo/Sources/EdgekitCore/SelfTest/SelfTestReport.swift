import Foundation

extension SelfTest {
  /// What a self-test found, to be shown and shared.
  public struct Report: Sendable {
    /// The bundle's name.
    public let bundle: String
    /// The file whose outputs were compared; `nil`: none.
    public let artifact: String?
    /// What ran it; `nil`: nothing.
    public let runtime: String?
    public let cases: [Case]

    /// Whether every case is as it should be.
    public var passed: Bool { cases.allSatisfy(\.passed) }

    /// The largest difference from PyTorch, as a share of each output's scale; `nil`: nothing ran.
    public var maxAbs: Float? { cases.compactMap(\.maxAbs).max() }

    /// The report as one line of JSON.
    public func json() throws -> String {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    /// What a case tests.
    public enum Part: String, Encodable, Sendable {
      case tokenizer, outputs, postprocessing
    }

    /// One case.
    public struct Case: Sendable {
      public let part: Part
      public let name: String
      /// The first difference, in words without the text; `nil` where there is none.
      public let difference: String?
      /// The largest difference from PyTorch's outputs; `nil`: no model was run.
      public let maxAbs: Float?

      public var passed: Bool { difference == nil }

      init(_ part: Part, _ name: String, difference: String?, maxAbs: Float? = nil) {
        self.part = part
        self.name = name
        self.difference = difference
        self.maxAbs = maxAbs
      }
    }
  }
}

extension SelfTest.Report: Encodable {
  private enum CodingKeys: String, CodingKey {
    case bundle, artifact, runtime, passed, cases
    case maxAbs = "max_abs"
  }

  public func encode(to encoder: any Encoder) throws {
    var object = encoder.container(keyedBy: CodingKeys.self)
    try object.encode(bundle, forKey: .bundle)
    try object.encode(artifact, forKey: .artifact)
    try object.encode(runtime, forKey: .runtime)
    try object.encode(passed, forKey: .passed)
    try object.encode(maxAbs, forKey: .maxAbs)
    try object.encode(cases, forKey: .cases)
  }
}

extension SelfTest.Report.Case: Encodable {
  private enum CodingKeys: String, CodingKey {
    case part, name, passed, difference
    case maxAbs = "max_abs"
  }

  public func encode(to encoder: any Encoder) throws {
    var object = encoder.container(keyedBy: CodingKeys.self)
    try object.encode(part, forKey: .part)
    try object.encode(name, forKey: .name)
    try object.encode(passed, forKey: .passed)
    try object.encode(difference, forKey: .difference)
    try object.encode(maxAbs, forKey: .maxAbs)
  }
}
