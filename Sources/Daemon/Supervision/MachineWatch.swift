import ControlGroups
import Nouns
import Synchronization

/// How the machine is now and what it lets the daemon do, for whoever starts work on it.
package final class MachineWatch: Sendable {
    /// The control group that the daemon was given; nil where nobody asked for one.
    let groups: ControlGroups?
    private let readings: @Sendable () -> MachineReadings
    /// The shortest wait for a pressure to fall, so that runs do not come and go.
    private let shortest: Duration
    /// What runs wait for, and since when.
    private let since = Mutex<(code: String, start: ContinuousClock.Instant)?>(nil)

    /// - Parameters:
    ///   - readings: how pressed the machine is.
    ///   - shortest: the shortest wait for a pressure to fall.
    package init(
        _ groups: ControlGroups? = nil, shortest: Duration = .seconds(60),
        readings: @escaping @Sendable () -> MachineReadings = { MachineReadings.take(OwnKernelFiles()) }
    ) {
        (self.groups, self.shortest, self.readings) = (groups, shortest, readings)
    }

    /// Looks at the machine by rules. Returns what runs wait for, and what of it cannot be seen here.
    func look(_ rules: PauseRules) -> (reason: Failure?, blind: Failure?) {
        guard rules.settings.isWanted else {
            since.withLock { $0 = nil }
            return (nil, nil)
        }
        let now = readings()
        let reason = since.withLock { since in
            let wait = since.map { PauseRules.Wait(code: $0.code, isShort: $0.start.duration(to: .now) < shortest) }
            let reason = rules.reason(now, wait)
            if reason?.code != since?.code { since = reason.map { ($0.code, .now) } }
            return reason
        }
        return (reason, rules.blind(now))
    }
}
