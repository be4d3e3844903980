import EdgekitCore
import EdgekitCoreAI
import EdgekitCoreML
import Foundation

/// What opens an artifact on this phone: a row a format.
enum Engines {
  private typealias Opener =
    @Sendable (Artifact, EdgekitBundle, ComputeUnits) async throws -> any Engine

  private static let formats: [String: Opener] = ["coreml": openCoreML, "coreai": openCoreAI]

  /// The runtimes of this phone, for people.
  static var titles: [String] { ["Core ML"] + (hasCoreAI ? ["Core AI"] : []) }

  /// Whether this phone can open the artifact.
  static func opens(_ artifact: Artifact) -> Bool {
    switch artifact.format {
    case "coreml": true
    case "coreai": hasCoreAI
    default: false
    }
  }

  /// Opens an artifact, which takes minutes when Core ML has to prepare it for this phone.
  ///
  /// - Throws: ``EdgekitError`` where nothing here opens its format, or the runtime's own error.
  static func open(
    _ artifact: Artifact, of bundle: EdgekitBundle, units: ComputeUnits
  ) async throws -> any Engine {
    guard let open = formats[artifact.format] else {
      throw EdgekitError.runtimeFailed("this app opens no \(artifact.format): convert for coreml")
    }
    return try await open(artifact, bundle, units)
  }

  /// The compiled form of a Core ML artifact, which a compute plan is made from.
  static func compiled(_ artifact: Artifact, of bundle: EdgekitBundle) async throws -> URL {
    try await CompiledModels().model(of: bundle.url(of: artifact.file), key: artifact.sha256)
  }

  @Sendable private static func openCoreML(
    _ artifact: Artifact, _ bundle: EdgekitBundle, _ units: ComputeUnits
  ) async throws -> any Engine {
    try await CoreMLEngine(
      compiled: compiled(artifact, of: bundle), units: units,
      outputs: artifact.outputs.map(\.name))
  }

  #if canImport(CoreAI)
    private static var hasCoreAI: Bool {
      if #available(iOS 27, macOS 27, *) { true } else { false }
    }

    @Sendable private static func openCoreAI(
      _ artifact: Artifact, _ bundle: EdgekitBundle, _ units: ComputeUnits
    ) async throws -> any Engine {
      guard #available(iOS 27, macOS 27, *) else {
        throw EdgekitError.runtimeFailed("Core AI needs iOS 27: choose a Core ML file")
      }
      return try await CoreAIEngine(
        asset: bundle.url(of: artifact.file), outputs: artifact.outputs.map(\.name))
    }
  #else
    private static let hasCoreAI = false

    @Sendable private static func openCoreAI(
      _ artifact: Artifact, _ bundle: EdgekitBundle, _ units: ComputeUnits
    ) async throws -> any Engine {
      throw EdgekitError.runtimeFailed("this app was built without Core AI: use Xcode 27")
    }
  #endif
}
