import CryptoKit
import Foundation

/// SHA-256 of files and packages, as manifests have it.
enum ContentHash {
  /// The hash as 64 hex digits; `nil` where nothing is there.
  ///
  /// That of a package is that of the lines `PATH SHA256` of its files, sorted by path.
  static func sha256(of url: URL) throws -> String? {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
      return nil
    }
    return isFolder.boolValue ? try sha256(ofFolder: url) : try sha256(ofFile: url)
  }

  private static func sha256(ofFile url: URL) throws -> String {
    var hash = SHA256()
    hash.update(data: try Data(contentsOf: url, options: .mappedIfSafe))
    return hex(hash.finalize())
  }

  private static func sha256(ofFolder url: URL) throws -> String {
    let names = FileManager.default.enumerator(atPath: url.path)?.compactMap { $0 as? String } ?? []
    let sorted = names.map { $0.split(separator: "/").map { Array($0.utf8) } }
      .sorted { $0.lexicographicallyPrecedes($1) { $0.lexicographicallyPrecedes($1) } }
    var hash = SHA256()
    for parts in sorted {
      let name = parts.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/")
      let place = url.appending(path: name)
      guard !place.hasDirectoryPath, let digest = try fileHash(place) else { continue }
      hash.update(data: Data("\(name) \(digest)\n".utf8))
    }
    return hex(hash.finalize())
  }

  /// `nil` for a folder.
  private static func fileHash(_ url: URL) throws -> String? {
    var isFolder: ObjCBool = false
    _ = FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder)
    return isFolder.boolValue ? nil : try sha256(ofFile: url)
  }

  private static func hex(_ digest: SHA256Digest) -> String {
    let digits = Array("0123456789abcdef")
    return String(digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }
}
