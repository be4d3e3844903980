import EdgekitCore
import SwiftUI

/// The app: bundles of edgekit, tried, tested, compared and measured.
///
/// A launch with a request of `edgekit bench` answers it and ends (`docs/app-contract.md`).
@main
struct EdgekitDemoApp: App {
  @State private var library = ModelLibrary()

  init() {
    BenchmarkLaunch.begin()
  }

  var body: some Scene {
    WindowGroup {
      ModelsView(library: library)
        .task { await library.refresh() }
        .onOpenURL { url in Task { await library.add(url) } }
    }
  }
}
