public struct Text: BuiltInView {
  public init<S: StringProtocol>(_ content: S) {}
  public init(_ attributedContent: AttributedString) {}

  public func monospacedDigit() -> Text { self }
}

public struct Label: BuiltInView {
  public init<S: StringProtocol>(_ title: S, systemImage name: String) {}
}

public struct LabeledContent: BuiltInView {
  public init<S1: StringProtocol, S2: StringProtocol>(_ title: S1, value: S2) {}
}

public struct TextField: BuiltInView {
  public init<S: StringProtocol>(_ title: S, text: Binding<String>) {}
  public init<S: StringProtocol>(_ title: S, text: Binding<String>, axis: Axis) {}
}

public struct ButtonRole: Equatable, Sendable {
  public static let destructive = ButtonRole()
}

public struct Button: BuiltInView {
  public init<S: StringProtocol>(_ title: S, action: @escaping @MainActor () -> Void) {}
  public init<S: StringProtocol>(
    _ title: S, role: ButtonRole?, action: @escaping @MainActor () -> Void
  ) {}
}

public struct Picker<SelectionValue: Hashable, Content: View>: BuiltInView {
  public init<S: StringProtocol>(
    _ title: S, selection: Binding<SelectionValue>, @ViewBuilder content: () -> Content
  ) {}
}

public struct ProgressView: BuiltInView {
  public init<S: StringProtocol>(_ title: S) {}
  public init<V: BinaryFloatingPoint>(value: V?, total: V = 1.0) {}
  public init<S: StringProtocol, V: BinaryFloatingPoint>(_ title: S, value: V?, total: V = 1.0) {}
}

public struct ShareLink: BuiltInView {
  public init<S: StringProtocol>(
    _ title: S, item: String, subject: Text? = nil, message: Text? = nil
  ) {}
}
