import EdgekitCore
import SwiftUI
import UniformTypeIdentifiers

/// All bundles, and the way to add one.
struct ModelsView: View {
  let library: ModelLibrary
  @State private var isImporting = false

  var body: some View {
    NavigationStack {
      List {
        Section {
          Text(Word.modelsIntro.text).foregroundStyle(.secondary)
        }
        entries
        Section {
          if case .failed(let error) = library.state { ProblemText(error) }
          Button(Word.modelsAdd.text) { isImporting = true }
          Text(Word.modelsPush.text).font(.footnote).foregroundStyle(.secondary)
        }
      }
      .navigationTitle("edgekit")
      .refreshable { await library.refresh() }
      .toolbar {
        NavigationLink(Word.aboutTitle.text) { AboutView(library: library) }
      }
      .fileImporter(isPresented: $isImporting, allowedContentTypes: [.edgekitBundle, .folder]) {
        result in
        Task { await add(result) }
      }
    }
  }

  @ViewBuilder private var entries: some View {
    ForEach(library.entries) { entry in
      Section { ModelCard(library: library, entry: entry) }
    }
    if case .empty = library.state { Text(Word.modelsEmpty.text) }
    if library.state.isBusy { ProgressView(Word.busy.text) }
  }

  private func add(_ result: Result<URL, any Error>) async {
    switch result {
    case .success(let url): await library.add(url)
    case .failure(let error): library.report(error)
    }
  }
}

extension UTType {
  /// A bundle, as Info.plist declares it.
  static let edgekitBundle = UTType(exportedAs: "dev.edgekit.bundle")
}
