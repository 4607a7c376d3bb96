import Foundation
import Synchronization

/// Hints of what happens in folders, where the kernel gives any: a ``DirectoryWatcher`` that is made when it is first
/// needed, and tried for again at each call where there is none.
package final class FolderHints: Sendable {
    package let events: AsyncStream<DirectoryWatcher.Event>
    private let continuation: AsyncStream<DirectoryWatcher.Event>.Continuation
    private let watcher = Mutex<DirectoryWatcher?>(nil)

    package init() { (events, continuation) = AsyncStream.makeStream(bufferingPolicy: .unbounded) }

    /// Watches a folder; watching it again changes nothing. Throws ``WatchLimit`` or a ``FileFailure`` where it cannot
    /// be watched: then it has to be looked at by the clock.
    package func watch(_ folder: String) throws {
        let present = try watcher.withLock { watcher in
            if let watcher { return watcher }
            let made = try DirectoryWatcher()
            watcher = made
            Task { [continuation] in for await event in made.events { continuation.yield(event) } }
            return made
        }
        try present.watch(folder)
    }

    /// Ends the stream.
    package func stop() {
        watcher.withLock { $0?.stop() }
        continuation.finish()
    }
}
