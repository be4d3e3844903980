// swift-tools-version: 6.0
import PackageDescription

var targets: [Target] = [
  .target(name: "EdgekitCore"),
  .testTarget(name: "EdgekitCoreTests", dependencies: ["EdgekitCore"]),
]

#if os(Linux)
  // Apple's modules do not exist here: stand-ins let the same sources be built and tested.
  targets.append(.target(name: "CryptoKit", path: "Stubs/CryptoKit"))
  for target in targets where target.name == "EdgekitCore" {
    target.dependencies.append("CryptoKit")
  }
#endif

let package = Package(
  name: "Edgekit",
  platforms: [.iOS(.v18), .macOS(.v15)],
  products: [.library(name: "EdgekitCore", targets: ["EdgekitCore"])],
  targets: targets
)
