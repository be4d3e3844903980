// Stands in for UniformTypeIdentifiers where there is none, so that the app is type-checked. Only
// what it uses is here. A wrong stub passes wrong code.

public struct UTType: Sendable {
  public static let folder = UTType(exportedAs: "public.folder")

  public init(exportedAs identifier: String) {}
}
