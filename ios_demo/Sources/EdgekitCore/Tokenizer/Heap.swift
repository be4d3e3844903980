/// A queue that gives the smallest element first.
struct Heap<Element: Comparable> {
  private var elements: [Element] = []

  mutating func push(_ element: Element) {
    elements.append(element)
    var place = elements.count - 1
    while place > 0, elements[place] < elements[(place - 1) / 2] {
      elements.swapAt(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  mutating func pop() -> Element? {
    guard let last = elements.popLast() else { return nil }
    guard let first = elements.first else { return last }
    elements[0] = last
    var place = 0
    while let child = smallestChild(of: place), elements[child] < elements[place] {
      elements.swapAt(place, child)
      place = child
    }
    return first
  }

  private func smallestChild(of place: Int) -> Int? {
    let children = (2 * place + 1..<2 * place + 3).clamped(to: elements.indices)
    return children.min { elements[$0] < elements[$1] }
  }
}
