import EdgekitCore
import Foundation

/// What one launch of the app is asked for, as `docs/app-contract.md` has it.
public struct BenchmarkRequest: Decodable, Sendable {
  /// The version of the contract that this code keeps.
  public static let contract = 1
  /// The argument that stands before the request.
  public static let argument = "--edgekit"

  /// Names the results.
  public let id: String
  let contract: Int
  let commands: String
  let model: String?
  let runtime: String?
  let threads: Int?
  let inputs: String?
  let outputs: String?

  /// The request among a process's arguments, wherever it stands; `nil` where there is none.
  ///
  /// - Throws: A `DecodingError` where it is no JSON of that kind.
  public init?(arguments: [String] = ProcessInfo.processInfo.arguments) throws {
    guard let place = arguments.firstIndex(of: Self.argument), place + 1 < arguments.count else {
      return nil
    }
    self = try JSONDecoder().decode(Self.self, from: Data(arguments[place + 1].utf8))
  }

  /// The file to open, for a runtime, in the app's container; `nil` where nothing is opened.
  func file(in home: URL, commands: [BenchmarkCommand]) -> BenchmarkFile? {
    guard let model else { return nil }
    let lengths = commands.compactMap { if case .feed(let length, _) = $0 { length } else { nil } }
    return BenchmarkFile(
      model: home.appending(path: model), runtime: runtime ?? "", threads: threads ?? 1,
      inputs: Self.names(inputs), outputs: Self.names(outputs), length: lengths.first)
  }

  private static func names(_ list: String?) -> [String] {
    (list ?? "").split(separator: ",").map(String.init)
  }
}

/// The model of a request.
public struct BenchmarkFile: Sendable {
  public let model: URL
  /// As `edgekit bench --runtime` names it.
  public let runtime: String
  public let threads: Int
  /// Names in the order in which values are fed and saved.
  public let inputs: [String]
  public let outputs: [String]
  /// Tokens of the first text that is fed, which says which function of a model to open.
  public let length: Int?
}

/// One thing that the app is told to do.
enum BenchmarkCommand: Equatable {
  case feed(length: Int, path: String)
  case run(count: Int)
  case save(path: String)
  case memory
  case state
  case clean

  /// Reads the commands of a request.
  ///
  /// - Throws: ``EdgekitError`` for a word that the contract does not have.
  static func parse(_ text: String) throws -> [BenchmarkCommand] {
    try text.split(separator: ";").map { line in
      let words = line.split(separator: " ", maxSplits: 2).map(String.init)
      let number = words.count > 1 ? Int(words[1]) : nil
      switch (words.first, words.count, number) {
      case ("feed", 3, let length?): return .feed(length: length, path: words[2])
      case ("run", 2, let count?): return .run(count: count)
      case ("save", 2, _): return .save(path: words[1])
      case ("memory", 1, _): return .memory
      case ("state", 1, _): return .state
      case ("clean", 1, _): return .clean
      default: throw EdgekitError.runtimeFailed("the contract has no command '\(line)'")
      }
    }
  }
}
