import Foundation

/// An opened bundle: its manifest is read and checked, all else is read when it is asked for.
///
/// The type is not called `Bundle` so that an app may go on to say `Bundle.main`.
public struct EdgekitBundle: Sendable {
  /// The bundle's folder.
  public let url: URL
  public let manifest: Manifest

  /// The schema of the manifest from which on it has what a phone needs.
  static let leastSchema = (major: 1, minor: 5)

  /// Opens a bundle.
  ///
  /// - Parameter url: Its folder.
  /// - Throws: ``EdgekitError`` where there is no manifest, or where it is damaged, too old or too
  ///   new.
  public init(at url: URL) throws {
    self.url = url
    let data = try Self.read(Self.manifestFile, in: url)
    let head = try Self.decode(SchemaVersion.self, from: data, file: Self.manifestFile)
    try head.check()
    manifest = try Self.decode(Manifest.self, from: data, file: Self.manifestFile)
  }

  /// Where a file of the bundle is.
  public func url(of file: String) -> URL {
    url.appending(path: file)
  }

  /// Compares files and packages with their hashes in the manifest.
  ///
  /// - Parameter entries: What to check; `nil` is all that the manifest names.
  /// - Throws: ``EdgekitError`` for the first one that is missing or not as it should be.
  public func verify(_ entries: [FileEntry]? = nil) throws {
    for entry in entries ?? manifest.files {
      guard let hash = try ContentHash.sha256(of: url(of: entry.file)) else {
        throw EdgekitError.missingFile(entry.file)
      }
      guard hash == entry.sha256 else {
        throw EdgekitError.damagedFile(entry.file, reason: "its SHA-256 is not the manifest's")
      }
    }
  }

  /// Reads the bundle's tokenizer, which takes a moment: keep it.
  ///
  /// - Throws: ``EdgekitError`` where there is none, it is damaged, or it has an unknown step.
  public func tokenizer() throws -> Tokenizer {
    guard let facts = manifest.tokenizer else {
      throw EdgekitError.unsupportedTokenizer(
        "\(manifest.name) was converted without a tokenizer: convert a checkpoint that has one")
    }
    guard let files = facts.app else {
      throw EdgekitError.unsupportedTokenizer(
        "\(manifest.name) has no files of its tokenizer for apps: convert again")
    }
    return try Tokenizer(
      settings: json(TokenizerSettings.self, file: files.settings),
      vocabulary: Vocabulary(read(files.vocabulary), file: files.vocabulary),
      side: facts.truncationSide)
  }

  func read(_ file: String) throws -> Data {
    try Self.read(file, in: url)
  }

  func json<Value: Decodable>(_ type: Value.Type, file: String) throws -> Value {
    try Self.decode(type, from: read(file), file: file)
  }

  private static let manifestFile = "manifest.json"

  /// Whether a path stays in the bundle: no way up, none from the root.
  static func isInside(_ path: String) -> Bool {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    return !parts.contains { ["", ".", ".."].contains($0) || $0.contains { "\\:\0".contains($0) } }
  }

  private static func read(_ file: String, in folder: URL) throws -> Data {
    do {
      return try Data(contentsOf: folder.appending(path: file), options: .mappedIfSafe)
    } catch CocoaError.fileReadNoSuchFile, CocoaError.fileNoSuchFile {
      throw EdgekitError.missingFile(file)
    } catch {
      throw EdgekitError.damagedFile(file, reason: "it cannot be read")
    }
  }

  private static func decode<Value: Decodable>(
    _ type: Value.Type, from data: Data, file: String
  ) throws -> Value {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    do {
      let value = try decoder.decode(type, from: data)
      if let flaw = (value as? any Checked)?.flaw {
        throw EdgekitError.damagedFile(file, reason: flaw)
      }
      return value
    } catch let error as EdgekitError {
      throw error
    } catch let error as DecodingError {
      throw EdgekitError.damagedFile(file, reason: error.place)
    }
  }
}

/// The first thing that is read of a manifest: whether the rest can be.
private struct SchemaVersion: Decodable {
  let schemaVersion: String

  func check() throws {
    let numbers = schemaVersion.split(separator: ".").map { Int($0) ?? -1 }
    let least = EdgekitBundle.leastSchema
    guard numbers.count == 2, numbers[0] <= least.major else {
      throw EdgekitError.unsupportedSchema(
        "the bundle's manifest is of version \(schemaVersion): update this library")
    }
    guard numbers[0] == least.major, numbers[1] >= least.minor else {
      throw EdgekitError.unsupportedSchema(
        "the bundle's manifest is of version \(schemaVersion), and apps need "
          + "\(least.major).\(least.minor): convert again with a newer edgekit")
    }
  }
}

extension DecodingError {
  /// What is wrong where, without the value.
  fileprivate var place: String {
    switch self {
    case .keyNotFound(let key, let context):
      "\(path(context.codingPath + [key])) is missing"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      "\(path(context.codingPath)) is of another type"
    case .dataCorrupted(let context) where !context.codingPath.isEmpty:
      "\(path(context.codingPath)) has a value that is not allowed"
    default: "it is not JSON"
    }
  }

  private func path(_ keys: [any CodingKey]) -> String {
    keys.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
  }
}
