// swift-tools-version: 6.0
import PackageDescription

var targets: [Target] = [
  .target(name: "EdgekitCore"),
  .target(name: "EdgekitCoreML", dependencies: ["EdgekitCore"]),
  .target(name: "EdgekitCoreAI", dependencies: ["EdgekitCore"]),
  .target(name: "EdgekitBench", dependencies: ["EdgekitCore"]),
  .target(name: "COrt"),
  .target(name: "EdgekitORT", dependencies: ["EdgekitCore", "COrt"]),
  .testTarget(name: "EdgekitCoreTests", dependencies: ["EdgekitCore"]),
  .testTarget(name: "EdgekitCoreMLTests", dependencies: ["EdgekitCoreML"]),
  .testTarget(name: "EdgekitBenchTests", dependencies: ["EdgekitBench"]),
]

#if os(Linux)
  // Apple's modules do not exist here: stand-ins let the same sources be built and tested.
  let standIns: [(name: String, dependencies: [Target.Dependency], users: Set<String>)] = [
    ("CryptoKit", [], ["EdgekitCore"]),
    ("CoreML", ["EdgekitORT"], ["EdgekitCoreML", "EdgekitCoreMLTests"]),
    ("CoreAI", [], ["EdgekitCoreAI", "EdgekitDemo"]),
    ("SwiftUI", ["UniformTypeIdentifiers"], ["EdgekitDemo"]),
    ("UniformTypeIdentifiers", [], ["EdgekitDemo"]),
  ]
  targets += [
    .executableTarget(name: "edgekit-core", dependencies: ["EdgekitCore", "EdgekitORT"]),
    .executableTarget(
      name: "EdgekitDemo",
      dependencies: ["EdgekitCore", "EdgekitCoreML", "EdgekitCoreAI", "EdgekitBench"],
      path: "App/EdgekitDemo",
      exclude: ["Localizable.xcstrings", "PrivacyInfo.xcprivacy"]),
  ]
  for standIn in standIns {
    for target in targets where standIn.users.contains(target.name) {
      target.dependencies.append(.target(name: standIn.name))
    }
    targets.append(
      .target(
        name: standIn.name, dependencies: standIn.dependencies, path: "Stubs/\(standIn.name)"))
  }
#endif

let package = Package(
  name: "Edgekit",
  platforms: [.iOS(.v18), .macOS(.v15)],
  products: ["EdgekitCore", "EdgekitCoreML", "EdgekitCoreAI", "EdgekitBench", "EdgekitORT"].map {
    .library(name: $0, targets: [$0])
  },
  targets: targets
)
