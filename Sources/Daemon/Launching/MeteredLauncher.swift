import Monitoring
import Nouns
import Synchronization
import WorkerProtocol

/// Counts the workers that another launcher starts, and those that die.
package final class MeteredLauncher: WorkerLauncher {
    private let launcher: any WorkerLauncher
    private let meters: Meters
    /// What each worker was started for, until somebody follows it.
    private let tasks = Mutex<[WorkHandle: WorkerTask.Kind]>([:])

    package init(_ launcher: any WorkerLauncher, _ meters: Meters) {
        (self.launcher, self.meters) = (launcher, meters)
        for task in [WorkerTask.Kind.train, .evaluate, .export, .serve] {
            meters.add(.workersStarted, 0, [task.rawValue])
            meters.add(.workersDied, 0, [task.rawValue])
        }
    }

    package var grace: Duration { launcher.grace }

    package func submit(_ request: WorkerRequest) async throws -> WorkHandle {
        let task = request.task.kind
        meters.count(.workersStarted, task.rawValue)
        do {
            let handle = try await launcher.submit(request)
            tasks.withLock { $0[handle] = task }
            return handle
        } catch let end as WorkerEnd {
            count(end, task.rawValue)
            throw end
        }
    }

    package func attach(_ handle: WorkHandle) async throws -> AsyncThrowingStream<WorkerEvent, any Error>? {
        guard let events = try await launcher.attach(handle) else { return nil }
        let task = tasks.withLock { $0.removeValue(forKey: handle) }?.rawValue ?? Self.former
        let (told, feed) = AsyncThrowingStream<WorkerEvent, any Error>.makeStream()
        Task {
            do {
                for try await event in events { feed.yield(event) }
                feed.finish()
            } catch {
                if let end = error as? WorkerEnd { count(end, task) }
                feed.finish(throwing: error)
            }
        }
        return told
    }

    package func stop(_ handle: WorkHandle) async { await launcher.stop(handle) }
    package func cancel(_ handle: WorkHandle) async { await launcher.cancel(handle) }
    package func leave(_ handle: WorkHandle) async { await launcher.leave(handle) }
    package func abandon(_ folder: String) async { await launcher.abandon(folder) }
    package var folders: [String] { get async { await launcher.folders } }

    /// What work of a former daemon counts under: nobody remembers what it was to do.
    private static let former = "former"

    private func count(_ end: WorkerEnd, _ task: String) {
        if case .died = end { meters.count(.workersDied, task) }
    }
}
