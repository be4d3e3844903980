import EdgekitCore
import EdgekitCoreML
import Foundation
import Observation

/// The bundles that the app has: those it came with, and those that were added.
@MainActor @Observable
final class ModelLibrary {
  /// A bundle, or what is wrong with it.
  struct Entry: Identifiable {
    let url: URL
    let bundle: Result<EdgekitBundle, EdgekitError>
    /// Whether it was added, and so may be removed.
    let isRemovable: Bool

    var id: URL { url }
    var name: String { url.deletingPathExtension().lastPathComponent }
  }

  private(set) var state = ModelsState.searching
  /// As they were found last.
  private(set) var entries: [Entry] = []

  private let shipped: URL?
  private let added: URL

  init(
    shipped: URL? = Bundle.main.url(forResource: "Bundles", withExtension: nil),
    added: URL = FileManager.default.urls(for: .documentDirectory, in: .userDomainMask)[0]
  ) {
    self.shipped = shipped
    self.added = added
  }

  /// Looks for bundles.
  func refresh() async {
    state = .searching
    await list()
    let rows = entries.compactMap { try? $0.bundle.get() }
      .map { ModelRow($0.manifest, files: $0.files) }
    state = entries.isEmpty ? .empty : .found(models: rows, chosen: nil)
  }

  private func list() async {
    let (shipped, added) = (shipped, added)
    entries = await Task.detached {
      Self.bundles(in: shipped, isRemovable: false) + Self.bundles(in: added, isRemovable: true)
    }.value
  }

  /// Copies a bundle into the app and checks every hash of it.
  ///
  /// - Parameter url: A folder with a manifest, anywhere in Files.
  func add(_ url: URL) async {
    let added = added
    state = .importing(name: url.lastPathComponent, doneBytes: 0)
    do {
      try await Task.detached { try Self.copy(url, into: added) }.value
      await refresh()
    } catch {
      report(error)
    }
  }

  /// Removes a bundle, and what was compiled of it.
  func remove(_ entry: Entry) async {
    do {
      try FileManager.default.removeItem(at: entry.url)
      for artifact in (try? entry.bundle.get())?.manifest.artifacts ?? [] {
        CompiledModels().remove(key: artifact.sha256)
      }
      await refresh()
    } catch {
      report(error)
    }
  }

  /// Tells what went wrong; the bundles that are there stay.
  func report(_ error: any Error) {
    state = .failed(EdgekitError(error))
  }

  nonisolated private static func bundles(in folder: URL?, isRemovable: Bool) -> [Entry] {
    guard let folder else { return [] }
    let found = try? FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: nil)
    let urls = (found ?? []).filter { $0.pathExtension == "edgekit" }
    return urls.sorted { $0.path < $1.path }.map { url in
      Entry(url: url, bundle: open(url), isRemovable: isRemovable)
    }
  }

  nonisolated private static func open(_ url: URL) -> Result<EdgekitBundle, EdgekitError> {
    do {
      return .success(try EdgekitBundle(at: url))
    } catch {
      return .failure(EdgekitError(error))
    }
  }

  nonisolated private static func copy(_ url: URL, into folder: URL) throws {
    let isScoped = url.startAccessingSecurityScopedResource()
    defer { if isScoped { url.stopAccessingSecurityScopedResource() } }
    let files = FileManager.default
    let part = files.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? files.removeItem(at: part) }
    try coordinated(url) { try files.copyItem(at: $0, to: part) }
    try EdgekitBundle(at: part).verify()
    let name = url.deletingPathExtension().lastPathComponent
    let target = folder.appending(path: "\(name).edgekit")
    let old = part.appendingPathExtension("old")
    defer { try? files.removeItem(at: old) }
    if files.fileExists(atPath: target.path) { try files.moveItem(at: target, to: old) }
    try files.moveItem(at: part, to: target)
  }

  /// Reads a file when all of it is on this phone and nobody writes it: it may be in iCloud.
  nonisolated private static func coordinated(
    _ url: URL, read: (URL) throws -> Void
  ) throws {
    var refused: NSError?
    var outcome: Result<Void, any Error> = .success(())
    NSFileCoordinator().coordinate(readingItemAt: url, error: &refused) { place in
      outcome = Result { try read(place) }
    }
    if let refused { throw refused }
    try outcome.get()
  }
}

#if !canImport(Darwin)
  extension URL {
    /// Only Apple's systems have sandboxes to open.
    fileprivate func startAccessingSecurityScopedResource() -> Bool { false }
    fileprivate func stopAccessingSecurityScopedResource() {}
  }

  /// Only they have apps that wait for each other.
  private struct NSFileCoordinator {
    func coordinate(
      readingItemAt url: URL, error: UnsafeMutablePointer<NSError?>?, byAccessor: (URL) -> Void
    ) { byAccessor(url) }
  }
#endif
