import Foundation
import Testing

@testable import EdgekitCore

/// The bundles that the app ships with; `edgekit app --platform ios` ends with these tests.
@Suite struct BundlesTests {
  @Test(arguments: bundles)
  func theTokenizerAndThePostProcessingGiveTheGoldenAnswers(folder: URL) async throws {
    let bundle = try EdgekitBundle(at: folder)
    try bundle.verify()
    let report = try await SelfTest(bundle).run()
    let failed = report.cases.filter { !$0.passed }
    #expect(failed.isEmpty, "\(failed.map { "\($0.name): \($0.difference ?? "")" })")
  }

  /// In edgekit's own checkout there are none.
  private static let bundles: [URL] = {
    let package = (0..<3).reduce(URL(filePath: #filePath)) { url, _ in
      url.deletingLastPathComponent()
    }
    let folder = package.appending(path: "App/Bundles")
    let found = try? FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: nil)
    return (found ?? []).filter { $0.pathExtension == "edgekit" }.sorted { $0.path < $1.path }
  }()
}
