import Foundation

/// What only an app can tell of its device.
public struct DeviceState: Encodable, Sendable {
  /// `ProcessInfo.thermalState` by its name.
  public let thermalState: String
  public let lowPower: Bool
  public let cores: Int
  public let memoryBytes: UInt64
  /// 0 to 100; `nil` where the device does not tell.
  public let batteryPercent: Int?
  public let plugged: Bool?
  public let appVersion: String?

  private enum CodingKeys: String, CodingKey {
    case cores, plugged
    case thermalState = "thermal_state"
    case lowPower = "low_power"
    case memoryBytes = "memory_bytes"
    case batteryPercent = "battery_percent"
    case appVersion = "app_version"
  }

  /// The state now.
  ///
  /// - Parameters:
  ///   - batteryPercent: From `UIDevice`, which belongs to the main thread.
  ///   - plugged: Whether the device charges.
  public init(batteryPercent: Int? = nil, plugged: Bool? = nil) {
    let process = ProcessInfo.processInfo
    thermalState = process.thermalName
    lowPower = process.savesPower
    cores = process.processorCount
    memoryBytes = process.physicalMemory
    self.batteryPercent = batteryPercent
    self.plugged = plugged
    appVersion = Bundle.main.infoDictionary?["CFBundleShortVersionString"] as? String
  }
}

extension ProcessInfo {
  #if canImport(Darwin)
    fileprivate var thermalName: String {
      switch thermalState {
      case .nominal: "nominal"
      case .fair: "fair"
      case .serious: "serious"
      case .critical: "critical"
      @unknown default: "critical"
      }
    }

    fileprivate var savesPower: Bool { isLowPowerModeEnabled }
  #else
    fileprivate var thermalName: String { "nominal" }
    fileprivate var savesPower: Bool { false }
  #endif
}
