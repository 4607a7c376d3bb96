import Synchronization
import WorkerProtocol

/// Knows for how long a worker has told of nothing, and what it came to.
///
/// Time is counted in ticks of whoever watches: where the whole machine stands still (suspended, or busy beyond
/// measure), nobody could have heard the worker, and nothing is counted.
final class SilenceWatch: Sendable {
    private struct State {
        var quiet = Duration.zero
        var result: WorkerResult?
        var isHung = false
        /// Whether it has no machines yet, so that nobody can be heard.
        var isWaiting = false
    }
    private let state = Mutex(State())

    func saw(_ event: WorkerEvent) {
        state.withLock { state in
            state.quiet = .zero
            state.isWaiting = event.event == .waiting
            if let result = event.result { state.result = result }
        }
    }

    /// Counts one tick, and returns the silence so far.
    func quiet(after tick: Duration) -> Duration {
        state.withLock { state in
            if !state.isWaiting { state.quiet += tick }
            return state.quiet
        }
    }
    func markHung() { state.withLock { $0.isHung = true } }
    var result: WorkerResult? { state.withLock { $0.result } }
    var isHung: Bool { state.withLock { $0.isHung } }
}
