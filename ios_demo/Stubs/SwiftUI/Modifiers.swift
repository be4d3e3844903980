import UniformTypeIdentifiers

public struct AccessibilityChildBehavior: Sendable {
  public static let combine = AccessibilityChildBehavior()
  public static let ignore = AccessibilityChildBehavior()
}

public protocol TextSelectability {}

public struct EnabledTextSelectability: TextSelectability {}

extension TextSelectability where Self == EnabledTextSelectability {
  public static var enabled: EnabledTextSelectability { EnabledTextSelectability() }
}

extension View {
  public func accessibilityElement(children: AccessibilityChildBehavior) -> some View {
    ModifiedView()
  }
  public func accessibilityLabel<S: StringProtocol>(_ label: S) -> some View { ModifiedView() }
  public func background<S: ShapeStyle, T: Shape>(
    _ style: S, in shape: T, fillStyle: FillStyle = FillStyle()
  ) -> some View { ModifiedView() }
  public func disabled(_ disabled: Bool) -> some View { ModifiedView() }
  public func fileImporter(
    isPresented: Binding<Bool>, allowedContentTypes: [UTType],
    onCompletion: @escaping (Result<URL, any Error>) -> Void
  ) -> some View { ModifiedView() }
  public func font(_ font: Font?) -> some View { ModifiedView() }
  public func foregroundStyle<S: ShapeStyle>(_ style: S) -> some View { ModifiedView() }
  public func navigationTitle<S: StringProtocol>(_ title: S) -> some View { ModifiedView() }
  public func onDisappear(perform action: (() -> Void)? = nil) -> some View { ModifiedView() }
  public func onOpenURL(perform action: @escaping (URL) -> Void) -> some View { ModifiedView() }
  public func padding(_ length: CGFloat) -> some View { ModifiedView() }
  public func refreshable(action: @escaping @Sendable () async -> Void) -> some View {
    ModifiedView()
  }
  public func tag<V: Hashable>(_ tag: V, includeOptional: Bool = true) -> some View {
    ModifiedView()
  }
  public func task(
    priority: TaskPriority = .userInitiated,
    _ action: @escaping @Sendable @isolated(any) () async -> Void
  ) -> some View { ModifiedView() }
  public func textSelection<S: TextSelectability>(_ selectability: S) -> some View {
    ModifiedView()
  }
  public func toolbar<Content: View>(@ViewBuilder content: () -> Content) -> some View {
    ModifiedView()
  }
}
