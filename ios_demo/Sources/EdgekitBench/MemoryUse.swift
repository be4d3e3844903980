import Foundation

#if canImport(Darwin)
  @preconcurrency import Darwin  // to the SDK of Xcode 16.2 `mach_task_self_` is a variable
#endif

/// Memory of the process, as the system counts it against the app.
struct MemoryUse: Sendable {
  let beforeBytes: Int64
  let peakBytes: Int64

  /// What it was, and the most since the process began.
  static func since(_ beforeBytes: Int64) -> MemoryUse {
    MemoryUse(beforeBytes: beforeBytes, peakBytes: max(beforeBytes, current().peakBytes))
  }

  #if canImport(Darwin)
    /// `phys_footprint` and its peak, which iOS limits an app by.
    static func current() -> (bytes: Int64, peakBytes: Int64) {
      var info = task_vm_info_data_t()
      var count = mach_msg_type_number_t(
        MemoryLayout<task_vm_info_data_t>.size / MemoryLayout<natural_t>.size)
      let result = withUnsafeMutablePointer(to: &info) { info in
        info.withMemoryRebound(to: integer_t.self, capacity: Int(count)) {
          task_info(mach_task_self_, task_flavor_t(TASK_VM_INFO), $0, &count)
        }
      }
      guard result == KERN_SUCCESS else { return (0, 0) }
      return (Int64(info.phys_footprint), info.ledger_phys_footprint_peak)
    }
  #else
    /// Resident bytes and their peak, of `/proc/self/status`.
    static func current() -> (bytes: Int64, peakBytes: Int64) {
      let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
      func bytes(_ key: String) -> Int64 {
        let line = status.split(separator: "\n").first { $0.hasPrefix("\(key):") }
        let words = line?.split(whereSeparator: \.isWhitespace) ?? []
        return words.count > 1 ? (Int64(words[1]) ?? 0) * 1024 : 0
      }
      return (bytes("VmRSS"), bytes("VmHWM"))
    }
  #endif
}
