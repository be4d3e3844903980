// docs/apps.md shows what follows; tests/test_apps_page.py holds the two together.
import EdgekitCore
import EdgekitCoreML
import Foundation

func answer(_ question: String, in passage: String, bundleAt url: URL) async throws -> String? {
  let bundle = try EdgekitBundle(at: url)
  let artifact = try bundle.manifest.artifact("model-int8.mlpackage")
  let compiled = try await CompiledModels().model(
    of: bundle.url(of: artifact.file), key: artifact.sha256)
  let engine = try await CoreMLEngine(compiled: compiled, outputs: artifact.outputs.map(\.name))
  let model = try EdgeModel(bundle: bundle, artifact: artifact, engine: engine)
  return try await model.answer(question, in: passage).answer.best?.text
}
