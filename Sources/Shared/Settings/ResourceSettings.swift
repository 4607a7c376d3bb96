import Nouns

/// `[resources]` of a pipeline's file: what it wants otherwise than `finetuned.toml` says.
package struct ResourceOverride: Codable, Hashable, Sendable {
    package var memoryBytes: Int?
    package var cpuWeight: Int?
    package var ioWeight: Int?
    package var isIdle: Bool?
    package init() {}
}

extension ResourceLimits {
    /// What holds for the work of a pipeline; for other work, what holds for all.
    package func overridden(by pipeline: ResourceOverride?) -> ResourceLimits {
        var result = self
        result.memoryBytes = pipeline?.memoryBytes ?? memoryBytes
        result.cpuWeight = pipeline?.cpuWeight ?? cpuWeight
        result.ioWeight = pipeline?.ioWeight ?? ioWeight
        result.isIdle = pipeline?.isIdle ?? isIdle
        return result
    }
}

/// `[pause]` of `finetuned.toml`: when runs give way to the rest of the machine, and go on by themselves afterwards.
package struct PauseSettings: Codable, Hashable, Sendable {
    /// Shares of the time in which some process waits for memory or for a processor, in percent (0: never).
    package var memoryPressure = 0.0
    package var cpuPressure = 0.0
    /// Whether runs wait while the machine runs on a battery.
    package var onBattery = false
    package init() {}

    /// Whether anything makes runs wait.
    package var isWanted: Bool { memoryPressure > 0 || cpuPressure > 0 || onBattery }
}
