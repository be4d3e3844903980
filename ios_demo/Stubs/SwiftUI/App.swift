// Stands in for SwiftUI where there is none, so that the app's views are type-checked. Nothing is
// drawn, and only what the app uses is here, with Apple's signatures as documented. A wrong stub
// passes wrong code: nothing here shows that SwiftUI takes a view, or how it looks.
import Dispatch
@_exported import Foundation

@MainActor @preconcurrency
public protocol App {
  associatedtype Body: Scene
  @SceneBuilder var body: Body { get }
  init()
}

extension App {
  /// Makes the app, whose `init` may answer a request and end the process, and waits for that.
  public static func main() {
    _ = Self()
    dispatchMain()
  }
}

@MainActor @preconcurrency
public protocol Scene {
  associatedtype Body: Scene
  @SceneBuilder var body: Body { get }
}

extension Never: Scene {}

@resultBuilder
public enum SceneBuilder {
  public static func buildBlock<C: Scene>(_ content: C) -> C { content }
}

public struct WindowGroup<Content: View>: Scene {
  public var body: Never { undrawn() }

  public init(@ViewBuilder content: () -> Content) {}
}

/// What the body of a view that is built in would be.
func undrawn() -> Never {
  fatalError("a stand-in draws nothing")
}
