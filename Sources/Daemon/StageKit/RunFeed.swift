import ControlProtocol
import Foundation
import Nouns
import Synchronization
import WorkerProtocol

/// The live story of the runs: who watches gets every notice from the one asked for on, past and to come.
///
/// A story that is over is forgotten once a few others are: the ledger has what is to be known of it.
package final class RunFeed: Sendable {
    private struct Story {
        var notices: [RunNotice] = []
        var listeners: [UUID: AsyncStream<RunNotice>.Continuation] = [:]
        var isOver = false
        /// The last step that was told of.
        var step: StepReport?

        mutating func add(_ notice: RunNotice) {
            var notice = notice
            notice.index = (notices.last?.index ?? -1) + 1
            notices.append(notice)
            if let step = notice.event?.step { self.step = step }
            if notices.count > RunFeed.longest { notices.removeFirst(RunFeed.longest / 4) }
            for listener in listeners.values { listener.yield(notice) }
        }

        mutating func end() {
            isOver = true
            listeners = [:]
            // Anew: what is removed from an array leaves its memory to the array.
            notices = Array(notices.suffix(RunFeed.longestOver))
        }
    }
    private struct Stories {
        var byRun: [RunID: Story] = [:]
        /// Runs whose story is over, in the order of their ends.
        var over: [RunID] = []
    }
    private let stories = Mutex(Stories())
    // Steps of long runs: the newest are kept, whoever wants all reads events.jsonl. A notice takes some 2 KB.
    private static let longest = 4_000
    /// Notices of a story that are kept after its end: how it ended, and the steps before.
    private static let longestOver = 200
    /// Stories that are kept after their end, for those who are about to ask.
    private static let kept = 8

    package init() {}

    /// Tells of a state change or an event.
    package func tell(_ run: RunID, _ state: RunState, event: WorkerEvent? = nil, message: String? = nil) {
        stories.withLock { stories in
            // In its place: a story is long, and is not to be copied for each notice.
            stories.byRun[run, default: Story()].add(
                RunNotice(index: 0, at: Date(), run: run, state: state, event: event, message: message))
        }
    }

    /// Ends the story: listeners get no more.
    package func close(_ run: RunID) {
        let listeners = stories.withLock { stories in
            let listeners = stories.byRun[run]?.listeners ?? [:]
            stories.byRun[run]?.end()
            stories.over.removeAll { $0 == run }
            stories.over.append(run)
            while stories.over.count > Self.kept { stories.byRun[stories.over.removeFirst()] = nil }
            return Array(listeners.values)
        }
        // Outside the lock: finishing calls the stream's termination handler, which takes it.
        for listener in listeners { listener.finish() }
    }

    /// When a run's training is about to end, by its newest step; nil where no step is known.
    package func estimatedEnd(of run: RunID) -> Date? {
        stories.withLock { stories in
            stories.byRun[run]?.notices.lazy.reversed().compactMap { notice in
                notice.event?.step?.secondsLeft.map { notice.at.addingTimeInterval($0) }
            }.first
        }
    }

    /// The last step that a run has told of; nil where it has made none.
    package func lastStep(_ run: RunID) -> StepReport? { stories.withLock { $0.byRun[run]?.step } }

    /// Notices from index `from` on; with `follow`, also those to come until the story is over.
    package func notices(_ run: RunID, from: Int, follow: Bool) -> AsyncStream<RunNotice> {
        let (stream, continuation) = AsyncStream<RunNotice>.makeStream()
        stories.withLock { stories in
            let story = stories.byRun[run] ?? Story()
            for notice in story.notices where notice.index >= from { continuation.yield(notice) }
            guard follow, !story.isOver else { return continuation.finish() }
            let id = UUID()
            continuation.onTermination = { [weak self] _ in
                self?.stories.withLock { _ = $0.byRun[run]?.listeners.removeValue(forKey: id) }
            }
            stories.byRun[run, default: Story()].listeners[id] = continuation
        }
        return stream
    }
}
