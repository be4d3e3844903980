public enum Axis: Sendable {
  case horizontal
  case vertical
}

public struct HorizontalAlignment: Sendable {
  public static let center = HorizontalAlignment()
  public static let leading = HorizontalAlignment()
}

public struct VerticalAlignment: Sendable {
  public static let center = VerticalAlignment()
}

public struct Spacer: BuiltInView {
  public init(minLength: CGFloat? = nil) {}
}

public struct HStack<Content: View>: BuiltInView {
  public init(
    alignment: VerticalAlignment = .center, spacing: CGFloat? = nil,
    @ViewBuilder content: () -> Content
  ) {}
}

public struct VStack<Content: View>: BuiltInView {
  public init(
    alignment: HorizontalAlignment = .center, spacing: CGFloat? = nil,
    @ViewBuilder content: () -> Content
  ) {}
}

public struct Form<Content: View>: BuiltInView {
  public init(@ViewBuilder content: () -> Content) {}
}

public struct List<Content: View>: BuiltInView {
  public init(@ViewBuilder content: () -> Content) {}
}

public struct Section<Content: View>: BuiltInView {
  public init(@ViewBuilder content: () -> Content) {}
  public init<S: StringProtocol>(_ title: S, @ViewBuilder content: () -> Content) {}
}

public struct NavigationStack<Root: View>: BuiltInView {
  public init(@ViewBuilder root: () -> Root) {}
}

public struct NavigationLink<Destination: View>: BuiltInView {
  public init<S: StringProtocol>(_ title: S, @ViewBuilder destination: () -> Destination) {}
}

public struct ForEach<Data: RandomAccessCollection, ID: Hashable, Content: View>: BuiltInView {
  public init(
    _ data: Data, id: KeyPath<Data.Element, ID>,
    @ViewBuilder content: @escaping (Data.Element) -> Content
  ) {}
}

extension ForEach where Data.Element: Identifiable, ID == Data.Element.ID {
  public init(_ data: Data, @ViewBuilder content: @escaping (Data.Element) -> Content) {}
}
