import Platform
import Synchronization

/// The pulses of all threads that the daemon's work depends on.
package final class PulseBoard: Sendable {
    private let pulses = Mutex<[Pulse]>([])

    package init() {}

    package func add(_ pulse: Pulse) { pulses.withLock { $0.append(pulse) } }

    package func remove(_ pulse: Pulse) { pulses.withLock { $0.removeAll { $0 === pulse } } }

    /// The names of all, in the order in which they came.
    package var names: [String] { pulses.withLock { $0.map(\.name) } }

    /// Those of which nothing was seen for longer than `bound`, and asks all for a beat.
    ///
    /// It has to be asked several times within the bound.
    package func stale(beyond bound: Duration) -> [(name: String, quiet: Duration)] {
        let all = pulses.withLock { $0 }
        // A daemon that idles wakes its threads seldom.
        defer { for pulse in all where pulse.quiet > bound / 2 { pulse.ask() } }
        return all.map { ($0.name, $0.quiet) }.filter { $0.1 > bound }
    }
}
