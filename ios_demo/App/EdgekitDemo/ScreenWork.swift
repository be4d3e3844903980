/// What a screen is doing, which ends with the screen.
@MainActor
final class ScreenWork {
  private var tasks: [Task<Void, Never>] = []

  /// Begins something more.
  func start(_ work: @escaping @MainActor () async -> Void) {
    tasks.append(Task { await work() })
  }

  /// Cancels what still goes on.
  func end() {
    for task in tasks { task.cancel() }
    tasks = []
  }
}
