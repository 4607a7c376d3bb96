import ControlProtocol
import Foundation
import Nouns
import Synchronization
import WorkerProtocol

/// The live story of the runs: who watches gets every notice from the one asked for on, past and to come.
package final class RunFeed: Sendable {
    private struct Story {
        var notices: [RunNotice] = []
        var listeners: [UUID: AsyncStream<RunNotice>.Continuation] = [:]
        var isOver = false
    }
    private let stories = Mutex<[RunID: Story]>([:])
    // Steps of long runs: the newest are kept, whoever wants all reads events.jsonl.
    private static let longest = 20_000

    package init() {}

    /// Tells of a state change or an event.
    package func tell(_ run: RunID, _ state: RunState, event: WorkerEvent? = nil, message: String? = nil) {
        stories.withLock { stories in
            var story = stories[run] ?? Story()
            let index = (story.notices.last?.index ?? -1) + 1
            let notice = RunNotice(index: index, at: Date(), run: run, state: state, event: event, message: message)
            story.notices.append(notice)
            if story.notices.count > Self.longest { story.notices.removeFirst(Self.longest / 4) }
            for listener in story.listeners.values { listener.yield(notice) }
            stories[run] = story
        }
    }

    /// Ends the story: listeners get no more.
    package func close(_ run: RunID) {
        let listeners = stories.withLock { stories in
            stories[run]?.isOver = true
            defer { stories[run]?.listeners = [:] }
            return Array((stories[run]?.listeners ?? [:]).values)
        }
        // Outside the lock: finishing calls the stream's termination handler, which takes it.
        for listener in listeners { listener.finish() }
    }

    /// Notices from index `from` on; with `follow`, also those to come until the story is over.
    package func notices(_ run: RunID, from: Int, follow: Bool) -> AsyncStream<RunNotice> {
        let (stream, continuation) = AsyncStream<RunNotice>.makeStream()
        stories.withLock { stories in
            var story = stories[run] ?? Story()
            for notice in story.notices where notice.index >= from { continuation.yield(notice) }
            if follow, !story.isOver {
                let id = UUID()
                story.listeners[id] = continuation
                continuation.onTermination = { [weak self] _ in
                    self?.stories.withLock { _ = $0[run]?.listeners.removeValue(forKey: id) }
                }
                stories[run] = story
            } else {
                continuation.finish()
            }
        }
        return stream
    }
}
