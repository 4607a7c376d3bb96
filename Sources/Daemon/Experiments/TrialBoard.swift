import Nouns
import Synchronization
import WorkerProtocol

/// What the trial under way is at, and the means to make it give way.
final class TrialBoard: Sendable {
    private struct Entry {
        var live: LiveTrial
        var interrupted = false
    }
    private let entries = Mutex<[ExperimentID: Entry]>([:])

    subscript(_ id: ExperimentID) -> LiveTrial? { entries.withLock { $0[id]?.live } }

    func begin(_ id: ExperimentID, trial: Int, rung: Int) {
        entries.withLock { $0[id] = Entry(live: LiveTrial(trial: trial, rung: rung)) }
    }
    func end(_ id: ExperimentID) { entries.withLock { _ = $0.removeValue(forKey: id) } }

    /// Asks what is under way to stop.
    func interrupt(_ id: ExperimentID) { entries.withLock { $0[id]?.interrupted = true } }
    func isInterrupted(_ id: ExperimentID) -> Bool { entries.withLock { $0[id]?.interrupted ?? false } }

    func tell(_ id: ExperimentID, _ event: WorkerEvent) {
        entries.withLock { entries in
            guard var entry = entries[id] else { return }
            if let step = event.step { entry.live.step = step }
            if let validation = event.validation { entry.live.validation = validation }
            if let stage = event.stage { entry.live.stage = stage }
            entries[id] = entry
        }
    }
}
