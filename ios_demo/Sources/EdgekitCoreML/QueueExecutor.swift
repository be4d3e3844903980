import Dispatch

/// A queue of an actor's own, for work that blocks: Swift's own threads are as few as processors,
/// and everything else would wait.
final class QueueExecutor: SerialExecutor {
  private let queue: DispatchQueue

  init(label: String) {
    queue = DispatchQueue(label: label, qos: .userInitiated, autoreleaseFrequency: .workItem)
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
  }
}
