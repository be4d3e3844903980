@MainActor @preconcurrency
public protocol View {
  associatedtype Body: View
  @ViewBuilder var body: Body { get }
}

extension Never: View {
  public var body: Never { undrawn() }
}

/// A view without views inside that the compiler would have to know.
public protocol BuiltInView: View where Body == Never {}

extension BuiltInView {
  public var body: Never { undrawn() }
}

extension Optional: View where Wrapped: View {
  public var body: Never { undrawn() }
}

public struct EmptyView: BuiltInView {
  public init() {}
}

public struct TupleView<Content>: BuiltInView {}

public struct ConditionalView<First: View, Second: View>: BuiltInView {}

public struct ModifiedView: BuiltInView {}

@MainActor @resultBuilder
public enum ViewBuilder {
  public static func buildBlock() -> EmptyView { EmptyView() }
  public static func buildBlock<C: View>(_ content: C) -> C { content }
  public static func buildBlock<each C: View>(
    _ content: repeat each C
  ) -> TupleView<(repeat each C)> { TupleView() }
  public static func buildExpression<C: View>(_ content: C) -> C { content }
  public static func buildIf<C: View>(_ content: C?) -> C? { content }
  public static func buildEither<First: View, Second: View>(
    first: First
  ) -> ConditionalView<First, Second> { ConditionalView() }
  public static func buildEither<First: View, Second: View>(
    second: Second
  ) -> ConditionalView<First, Second> { ConditionalView() }
}
