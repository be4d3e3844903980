import Observation

@propertyWrapper @dynamicMemberLookup
public struct Binding<Value> {
  public var wrappedValue: Value {
    get { undrawn() }
    nonmutating set {}
  }
  public var projectedValue: Binding<Value> { self }

  init(nowhere: Void) {}

  public subscript<Subject>(
    dynamicMember keyPath: WritableKeyPath<Value, Subject>
  ) -> Binding<Subject> { Binding<Subject>(nowhere: ()) }
}

@propertyWrapper
public struct State<Value> {
  private let value: Value

  public init(wrappedValue value: Value) {
    self.value = value
  }

  public init(initialValue value: Value) {
    self.value = value
  }

  public var wrappedValue: Value {
    get { value }
    nonmutating set {}
  }
  public var projectedValue: Binding<Value> { Binding(nowhere: ()) }
}

@propertyWrapper @dynamicMemberLookup
public struct Bindable<Value> {
  public let wrappedValue: Value
  public var projectedValue: Bindable<Value> { self }

  public init(wrappedValue: Value) {
    self.wrappedValue = wrappedValue
  }
}

extension Bindable where Value: AnyObject & Observable {
  public init(_ wrappedValue: Value) {
    self.init(wrappedValue: wrappedValue)
  }

  public subscript<Subject>(
    dynamicMember keyPath: ReferenceWritableKeyPath<Value, Subject>
  ) -> Binding<Subject> { Binding<Subject>(nowhere: ()) }
}
