import CoreML
import Foundation

/// Models that Core ML has compiled, kept in a folder by the hash of their package.
///
/// Compiling takes seconds and needs nothing but the package, so each is compiled once. What Core ML
/// makes of the compiled model for this phone's processors it keeps elsewhere and loses with an
/// update of the system: the first load after that is slow again.
public struct CompiledModels: Sendable {
  private let folder: URL

  /// - Parameter folder: Made when it is needed; `nil` is one in the app's caches.
  public init(folder: URL? = nil) {
    let caches = FileManager.default.urls(for: .cachesDirectory, in: .userDomainMask)
    self.folder = folder ?? caches[0].appending(path: "edgekit-compiled")
  }

  /// The compiled form of a package.
  ///
  /// - Parameters:
  ///   - package: An `.mlpackage`.
  ///   - key: What names its content, such as the SHA-256 in the manifest.
  /// - Throws: Core ML's error where it cannot compile the package.
  public func model(of package: URL, key: String) async throws -> URL {
    let kept = folder.appending(path: "\(key).mlmodelc")
    let files = FileManager.default
    if files.fileExists(atPath: kept.path) { return kept }
    let made = try await MLModel.compileModel(at: package)
    try files.createDirectory(at: folder, withIntermediateDirectories: true)
    do {
      try files.moveItem(at: made, to: kept)
    } catch  where files.fileExists(atPath: kept.path) {
      try? files.removeItem(at: made)  // somebody else was first
    }
    return kept
  }

  /// Forgets the compiled form of a package, which nobody will open again.
  public func remove(key: String) {
    try? FileManager.default.removeItem(at: folder.appending(path: "\(key).mlmodelc"))
  }
}
