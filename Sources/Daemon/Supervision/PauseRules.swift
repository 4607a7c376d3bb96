import ControlGroups
import Nouns
import Settings

/// When runs wait for the rest of the machine; pure.
struct PauseRules: Hashable {
    /// Runs wait already.
    struct Wait: Hashable {
        /// The code of what they wait for.
        var code: String
        /// Whether they have not waited long yet.
        var isShort: Bool
    }

    private static let memory = "machine.memory"
    private static let cpu = "machine.cpu"

    let settings: PauseSettings

    /// What runs wait for; nil where they may work. The words stay the same while it lasts.
    ///
    /// Work stops where the last ten seconds have reached a limit, and goes on where ten seconds and a minute have
    /// fallen below half of it, since the work that stopped was a part of the pressure.
    ///
    /// - Parameter wait: nil where runs work.
    func reason(_ now: MachineReadings, _ wait: Wait?) -> Failure? {
        if settings.onBattery, now.isOnBattery {
            return Failure(
                code: "machine.battery", "Runs wait, since the machine runs on a battery.", at: "pause.on_battery",
                remedy: "They go on by themselves once it is plugged in.")
        }
        if isPressed(now.memory, settings.memoryPressure, wait?.code == Self.memory ? wait : nil) {
            return Failure(
                code: Self.memory, "Runs wait, since processes of this machine wait for memory.",
                at: "pause.memory_pressure", remedy: "They go on by themselves once that is over.")
        }
        if isPressed(now.cpu, settings.cpuPressure, wait?.code == Self.cpu ? wait : nil) {
            return Failure(
                code: Self.cpu, "Runs wait, since processes of this machine wait for a processor.",
                at: "pause.cpu_pressure", remedy: "They go on by themselves once that is over.")
        }
        return nil
    }

    private func isPressed(_ pressure: Pressure?, _ limit: Double, _ wait: Wait?) -> Bool {
        guard limit > 0, let pressure else { return false }
        guard let wait else { return pressure.recent >= limit }
        return wait.isShort || max(pressure.recent, pressure.minute) >= limit / 2
    }

    /// What is asked for and cannot be seen on this machine; nil where everything can.
    func blind(_ now: MachineReadings) -> Failure? {
        let keys = [
            settings.memoryPressure > 0 && now.memory == nil ? "pause.memory_pressure" : nil,
            settings.cpuPressure > 0 && now.cpu == nil ? "pause.cpu_pressure" : nil,
        ].compactMap(\.self)
        guard let first = keys.first else { return nil }
        return Failure(
            code: "machine.blind", "\(keys.joined(separator: " and ")) has no effect: the kernel tells no pressure.",
            at: first, remedy: "Boot the machine with psi=1 (Linux 4.20 or later), or take the key out.")
    }
}
