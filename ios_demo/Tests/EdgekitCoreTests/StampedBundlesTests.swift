import Foundation
import Testing

@testable import EdgekitCore

/// The bundles that `edgekit app` stamped into the project: their tokenizer and post-processing.
@Suite struct StampedBundlesTests {
  private static let bundles: [URL] = {
    let package = URL(filePath: #filePath).appending(path: "../../..").standardizedFileURL
    let found = try? FileManager.default.contentsOfDirectory(
      at: package.appending(path: "App/Bundles"), includingPropertiesForKeys: nil)
    return (found ?? []).filter { $0.pathExtension == "edgekit" }
  }()

  @Test(arguments: bundles)
  func everyGoldenCasePasses(bundle: URL) async throws {
    let report = try await SelfTest(EdgekitBundle(at: bundle)).run()
    #expect(!report.cases.isEmpty)
    for failed in report.cases where !failed.passed {
      Issue.record("\(failed.part) \(failed.name): \(failed.difference ?? "")")
    }
  }
}
