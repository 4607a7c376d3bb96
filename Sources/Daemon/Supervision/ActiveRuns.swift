import Nouns
import Platform
import StageKit
import Synchronization
import WorkerProtocol

/// The runs at work now, and the tasks that work on them.
final class ActiveRuns: Sendable {
    /// Work that a former daemon submitted and that still goes on.
    struct Found: Sendable {
        let handle: WorkHandle
        let events: AsyncThrowingStream<WorkerEvent, any Error>
    }

    private struct Entry {
        let task: Task<Void, Never>
        /// The engine whose slot it has; nil for this machine's own.
        let place: EngineName?
        var found: Found?
        var isCancelled = false
        var isPaused = false
        /// Why it makes room for the rest of the machine.
        var reason: Failure?
        /// The newest checkpoint that its workers have told of.
        var checkpoint: Int?
    }
    private let entries = Mutex<[RunID: Entry]>([:])
    /// What is read and checked before and after a worker is work of a stage like any other.
    private let threads: ThreadExecutor
    /// The sign of life of these threads.
    let pulse: Pulse

    init() {
        threads = ThreadExecutor(name: "runs", threads: 2, niceness: Niceness.work)
        pulse = Pulse("runs", of: threads)
    }

    var count: Int { entries.withLock { $0.count } }
    var all: Set<RunID> { entries.withLock { Set($0.keys) } }
    /// Runs at work on each engine, and on this machine.
    var places: [EngineName?: Int] {
        entries.withLock { entries in entries.values.reduce(into: [:]) { $0[$1.place, default: 0] += 1 } }
    }
    func contains(_ id: RunID) -> Bool { entries.withLock { $0[id] != nil } }

    /// Starts work on a run. Registered before it can end, so that its end is never missed.
    func add(_ id: RunID, on place: EngineName?, _ work: @escaping @Sendable () async -> Void) {
        entries.withLock { entries in
            entries[id] = Entry(task: Task(executorPreference: threads) { await work() }, place: place)
        }
    }

    func remove(_ id: RunID) { entries.withLock { _ = $0.removeValue(forKey: id) } }

    // MARK: - Work of a former daemon

    func found(_ id: RunID, _ handle: WorkHandle, _ events: AsyncThrowingStream<WorkerEvent, any Error>) {
        entries.withLock { $0[id]?.found = Found(handle: handle, events: events) }
    }

    /// Whether found work waits to be followed.
    func contains(work id: RunID) -> Bool { entries.withLock { $0[id]?.found != nil } }

    /// Found work in a folder, once.
    func take(_ id: RunID, in directory: String) -> Found? {
        entries.withLock { entries in
            guard let found = entries[id]?.found, found.handle.directory == directory else { return nil }
            entries[id]?.found = nil
            return found
        }
    }

    // MARK: - Checkpoints

    func note(checkpoint step: Int, of id: RunID) {
        entries.withLock { entries in
            let newest = max(step, entries[id]?.checkpoint ?? 0)
            entries[id]?.checkpoint = newest
        }
    }

    /// The step of the newest checkpoint that workers of a run have told of while it was at work here.
    func checkpoint(_ id: RunID) -> Int? { entries.withLock { $0[id]?.checkpoint } }

    // MARK: - Ends

    /// Has the work on a run end at once, without a checkpoint.
    func cancel(_ id: RunID) {
        let task = entries.withLock { entries in
            entries[id]?.isCancelled = true
            return entries[id]?.task
        }
        task?.cancel()
    }

    /// Has the work on a run end with a checkpoint, and its slot be free.
    func pause(_ id: RunID) {
        let task = entries.withLock { entries in
            entries[id]?.isPaused = true
            return entries[id]?.task
        }
        task?.cancel()
    }

    /// Has the work on a run end with a checkpoint because it makes room for the rest of the machine. Returns whether
    /// nobody had asked for that before.
    @discardableResult
    func giveWay(_ id: RunID, _ reason: Failure) -> Bool {
        let task: Task<Void, Never>? = entries.withLock { entries in
            guard let entry = entries[id], entry.reason == nil else { return nil }
            entries[id]?.reason = reason
            return entry.task
        }
        task?.cancel()
        return task != nil
    }

    /// Why the work on a run makes room for the rest of the machine; nil where it does not.
    func reason(_ id: RunID) -> Failure? { entries.withLock { $0[id]?.reason } }

    /// The runs at work, with the engine whose slot each has.
    var here: [RunID: EngineName?] { entries.withLock { $0.mapValues(\.place) } }

    /// Whether the work on a run was paused, rather than left because the daemon goes.
    func isPaused(_ id: RunID) -> Bool { entries.withLock { $0[id]?.isPaused ?? false } }

    /// Whether the work on a run was cancelled, rather than left because the daemon goes.
    func isCancelled(_ id: RunID) -> Bool { entries.withLock { $0[id]?.isCancelled ?? false } }

    /// Ends everything because the daemon goes, and waits until that is done.
    func leaveAll() async {
        let all = entries.withLock { $0.values.map(\.task) }
        for task in all { task.cancel() }
        for task in all { await task.value }
    }
}
