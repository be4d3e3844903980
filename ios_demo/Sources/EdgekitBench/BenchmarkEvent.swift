import Foundation

/// One line of the results.
enum BenchmarkEvent: Sendable {
  case loaded(runtime: String, milliseconds: Double)
  case fed
  case ran(milliseconds: [Double])
  case saved
  case memory(MemoryUse)
  case state(DeviceState)
  case cleaned
  case error(message: String)
  /// Of the log alone.
  case finished
}

extension BenchmarkEvent: Encodable {
  private enum Key: String, CodingKey {
    case event, runtime, ms, message
    case loadMs = "load_ms"
    case beforeBytes = "before_bytes"
    case peakBytes = "peak_bytes"
  }

  private var name: String {
    switch self {
    case .loaded: "loaded"
    case .fed: "fed"
    case .ran: "ran"
    case .saved: "saved"
    case .memory: "memory"
    case .state: "state"
    case .cleaned: "cleaned"
    case .error: "error"
    case .finished: "finished"
    }
  }

  func encode(to encoder: any Encoder) throws {
    var row = encoder.container(keyedBy: Key.self)
    try row.encode(name, forKey: .event)
    switch self {
    case .loaded(let runtime, let milliseconds):
      try row.encode(runtime, forKey: .runtime)
      try row.encode(milliseconds, forKey: .loadMs)
    case .ran(let milliseconds): try row.encode(milliseconds, forKey: .ms)
    case .memory(let use):
      try row.encode(use.beforeBytes, forKey: .beforeBytes)
      try row.encode(use.peakBytes, forKey: .peakBytes)
    case .state(let state): try state.encode(to: encoder)
    case .error(let message): try row.encode(message, forKey: .message)
    case .fed, .saved, .cleaned, .finished: break
    }
  }
}

/// The line that people see in the system's log.
struct BenchmarkLogLine: Encodable {
  let id: String
  let event: BenchmarkEvent

  private enum Key: CodingKey { case id }

  func encode(to encoder: any Encoder) throws {
    var row = encoder.container(keyedBy: Key.self)
    try row.encode(id, forKey: .id)
    try event.encode(to: encoder)
  }
}
