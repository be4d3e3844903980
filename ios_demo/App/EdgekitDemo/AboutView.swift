import EdgekitCore
import SwiftUI

/// Versions, privacy and licences.
struct AboutView: View {
  let library: ModelLibrary

  var body: some View {
    List {
      Section { Text(Word.aboutWhat.text) }
      Section(Word.aboutVersions.text) {
        Text(Word.aboutApp(version, system, processor))
        Text(Word.aboutRuntimes(Engines.titles.joined(separator: ", ")))
      }
      Section(Word.aboutPrivacy.text) { Text(Word.aboutNoNetwork.text) }
      Section(Word.aboutLicences.text) { Text(Word.aboutLibraries.text) }
      Section(Word.aboutModels.text) {
        ForEach(manifests, id: \.name) { manifest in
          Text(Word.aboutModel(manifest.name, manifest.source.license ?? Word.licenceUnknown.text))
        }
      }
    }
    .navigationTitle(Word.aboutTitle.text)
  }

  private var version: String {
    Bundle.main.infoDictionary?["CFBundleShortVersionString"] as? String ?? "-"
  }

  private var system: String {
    let version = ProcessInfo.processInfo.operatingSystemVersion
    return "\(version.majorVersion).\(version.minorVersion).\(version.patchVersion)"
  }

  private var processor: String {
    #if arch(arm64)
      "arm64"
    #else
      "x86_64"
    #endif
  }

  private var manifests: [Manifest] {
    library.entries.compactMap { try? $0.bundle.get().manifest }
  }
}
