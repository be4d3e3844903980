import Foundation
import Testing

@testable import EdgekitCore

@Suite struct BundleTests {
  @Test(arguments: [
    ("{}", "DamagedFile"), ("{", "DamagedFile"),
    (#"{"schema_version": "1.4"}"#, "UnsupportedSchema"),
    (#"{"schema_version": "2.0"}"#, "UnsupportedSchema"),
    (#"{"schema_version": "1.5"}"#, "DamagedFile"),
  ])
  func manifestsThatCannotBeRead(manifest: String, kind: String) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    #expect(kindOfError(folder) == "MissingFile")
    try Data(manifest.utf8).write(to: folder.appending(path: "manifest.json"))
    #expect(kindOfError(folder) == kind)
  }

  private func kindOfError(_ folder: URL) -> String? {
    do {
      _ = try EdgekitBundle(at: folder)
      return nil
    } catch {
      return (error as? EdgekitError)?.kind
    }
  }

  /// Of `abc`, from FIPS 180-4; and a package's, from Python's `tree_sha256`.
  @Test func hashesAreThoseOfManifests() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    let inner = folder.appending(path: "a")
    try FileManager.default.createDirectory(at: inner, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data("abc".utf8).write(to: inner.appending(path: "x"))
    try Data(repeating: 7, count: 100_000).write(to: folder.appending(path: "a-b"))
    #expect(
      try ContentHash.sha256(of: inner.appending(path: "x"))
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      try ContentHash.sha256(of: folder)
        == "cafd64ec216878e1603c51437e86a5bdd0a8d54a59bedb1846e63bd4dad4a62f")
    #expect(try ContentHash.sha256(of: folder.appending(path: "none")) == nil)
  }
}
