import Nouns
import Synchronization

/// When runs whose workers have failed may be tried again: after 1, 2, 4 … seconds, by the monotonic clock.
///
/// It is of this daemon alone: after a restart everything may be tried at once.
final class Retries: Sendable {
    private struct Entry {
        var count = 0
        var due: ContinuousClock.Instant
    }
    private let entries = Mutex<[RunID: Entry]>([:])

    /// The longest pause after a worker's death, and after something that passes and is to be noticed soon.
    static let longest = Duration.seconds(300)
    static let longestHold = Duration.seconds(30)

    private let unit: Duration

    /// - Parameter unit: the first pause.
    init(unit: Duration = .seconds(1)) { self.unit = unit }

    /// The pause after so many failures in a row, of which this is the last.
    func pause(_ count: Int, longest: Duration = longest) -> Duration {
        min(unit * (1 << min(max(0, count - 1), 16)), longest)
    }

    /// Notes a failure: the run waits twice as long as after the one before.
    func later(_ id: RunID, longest: Duration = longest) {
        entries.withLock { entries in
            let count = (entries[id]?.count ?? 0) + 1
            entries[id] = Entry(count: count, due: .now + pause(count, longest: longest))
        }
    }

    /// Notes that the run has come further.
    func forget(_ id: RunID) { entries.withLock { _ = $0.removeValue(forKey: id) } }

    func isDue(_ id: RunID) -> Bool { entries.withLock { ($0[id]?.due ?? .now) <= .now } }

    /// How long until the next run may be tried; nil where none waits.
    var next: Duration? {
        entries.withLock { entries in entries.values.map(\.due).filter { $0 > .now }.min().map { $0 - .now } }
    }
}
