import Foundation

extension SelfTest {
  /// What a self-test found, to be shown and shared.
  public struct Report: Encodable, Sendable {
    /// The bundle's name.
    public let bundle: String
    /// The file that was run; `nil`: none.
    public let file: String?
    /// What ran it; `nil`: nothing.
    public let runtime: String?
    /// Texts: ids, offsets and outputs.
    public let golden: [Case]
    /// Outputs: answers.
    public let postprocess: [Case]

    /// Whether every case is as it should be.
    public var passed: Bool { (golden + postprocess).allSatisfy(\.passed) }

    /// The largest difference from PyTorch, as a share of each output's scale; `nil`: nothing ran.
    public var maxAbs: Float? { golden.compactMap(\.maxAbs).max() }

    /// One case.
    public struct Case: Encodable, Sendable {
      public let name: String
      /// The first difference, in words without the text; `nil` where there is none.
      public internal(set) var difference: String?
      /// The largest difference from PyTorch's outputs; `nil`: no model was run.
      public internal(set) var maxAbs: Float?

      public var passed: Bool { difference == nil }
    }

    /// The report as one line of JSON.
    public func json() throws -> String {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
  }
}

extension SelfTest.Report {
  private enum CodingKeys: String, CodingKey {
    case bundle, file, runtime, golden, postprocess, passed
    case maxAbs = "max_abs"
  }

  public func encode(to encoder: any Encoder) throws {
    var object = encoder.container(keyedBy: CodingKeys.self)
    try object.encode(bundle, forKey: .bundle)
    try object.encode(file, forKey: .file)
    try object.encode(runtime, forKey: .runtime)
    try object.encode(passed, forKey: .passed)
    try object.encode(maxAbs, forKey: .maxAbs)
    try object.encode(golden, forKey: .golden)
    try object.encode(postprocess, forKey: .postprocess)
  }
}

extension SelfTest.Report.Case {
  private enum CodingKeys: String, CodingKey {
    case name, difference, passed
    case maxAbs = "max_abs"
  }

  public func encode(to encoder: any Encoder) throws {
    var object = encoder.container(keyedBy: CodingKeys.self)
    try object.encode(name, forKey: .name)
    try object.encode(passed, forKey: .passed)
    try object.encode(difference, forKey: .difference)
    try object.encode(maxAbs, forKey: .maxAbs)
  }
}
