import Foundation

/// Everything that this library refuses on purpose.
///
/// The message is one line that says what was wrong and what to do. It never holds a text that was
/// given to a model, so that it may be logged.
public enum EdgekitError: Error, Equatable, Sendable {
  /// A file that the bundle should have is not there.
  case missingFile(_ file: String)
  /// A file that is cut off, changed, or not what its name says.
  case damagedFile(_ file: String, reason: String)
  /// A bundle of another time than this library.
  case unsupportedSchema(String)
  /// A call that the model's task has no answer for.
  case unsupportedTask(String)
  /// A step of the tokenizer, or a kind of it, that is not implemented here.
  case unsupportedTokenizer(String)
  /// No token is left of a text.
  case emptyText(String)
  /// A question that leaves no room for the passage.
  case questionTooLong(String)
  /// A text without a mask where one is to be filled.
  case noMask(String)
  /// What a runtime said when it opened a file or ran it.
  case runtimeFailed(String)

  /// One line: what was wrong, and what to do.
  public var message: String {
    String(String.UnicodeScalarView(words.unicodeScalars.map { Self.endsLine($0) ? " " : $0 }))
  }

  /// As a name in a damaged bundle may.
  private static func endsLine(_ scalar: Unicode.Scalar) -> Bool {
    [.control, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory)
  }

  private var words: String {
    switch self {
    case .missingFile(let file):
      "the bundle has no file \(file): copy all of the bundle"
    case .damagedFile(let file, let reason):
      "\(file) is damaged: \(reason); copy the bundle again"
    case .unsupportedSchema(let message), .unsupportedTask(let message),
      .unsupportedTokenizer(let message), .emptyText(let message), .questionTooLong(let message),
      .noMask(let message), .runtimeFailed(let message):
      message
    }
  }

  /// The case's name, the same in Kotlin: for reports and tests.
  public var kind: String {
    switch self {
    case .missingFile: "MissingFile"
    case .damagedFile: "DamagedFile"
    case .unsupportedSchema: "UnsupportedSchema"
    case .unsupportedTask: "UnsupportedTask"
    case .unsupportedTokenizer: "UnsupportedTokenizer"
    case .emptyText: "EmptyText"
    case .questionTooLong: "QuestionTooLong"
    case .noMask: "NoMask"
    case .runtimeFailed: "RuntimeFailed"
    }
  }
}

extension EdgekitError {
  /// What was thrown, of whatever type: what is not this library's is a runtime's.
  public init(_ error: any Error) {
    self = error as? EdgekitError ?? .runtimeFailed(error.localizedDescription)
  }
}

extension EdgekitError: LocalizedError {
  public var errorDescription: String? { message }
}
