// Stands in for Core AI where there is none, so that EdgekitCoreAI is type-checked. Nothing here
// runs. The signatures are those of Apple's documentation of iOS 27, without what this machine's
// compiler does not know (Span). A wrong stub passes wrong code.
import Foundation

public struct AIModel: Sendable {
  public init(
    contentsOf modelURL: URL, options: SpecializationOptions = .default
  ) async throws { throw CocoaError(.featureUnsupported) }
  public var functionNames: [String] { [] }
  public func loadFunction(named functionName: String) throws -> InferenceFunction? { nil }
}

public struct SpecializationOptions: Sendable {
  public static let `default` = SpecializationOptions()
}

public struct InferenceFunction: Sendable {
  public struct Outputs {
    public mutating func remove(_ outputName: String) -> InferenceValue? { nil }
  }

  public struct MutableViews {
    public init() {}
  }

  public func run(
    inputs: [String: NDArray], states: consuming MutableViews = MutableViews(),
    outputViews: consuming MutableViews = MutableViews()
  ) async throws -> Outputs { Outputs() }
}

/// Whoever reads its array has used it up.
public struct InferenceValue: ~Copyable {
  public var ndArray: NDArray? {
    consuming get { nil }
  }
}

public struct NDArray {
  public struct View<Element: BitwiseCopyable> {
    public func withUnsafePointer<R>(
      _ body: (UnsafePointer<Element>, [Int], [Int]) throws -> R
    ) rethrows -> R { fatalError("a stand-in") }
  }

  public init<Scalar: BitwiseCopyable>(scalars: some Sequence<Scalar>, shape: [Int]) {}
  public func view<T: BitwiseCopyable>(as type: T.Type = T.self) -> View<T> { View() }
}
