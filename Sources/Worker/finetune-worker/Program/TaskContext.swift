import Foundation
import ModelLoading
import Nouns
import WorkerProtocol

/// What every task works with.
struct TaskContext {
    let request: WorkerRequest
    let events: EventWriter

    /// Compute threads: as asked, else one per core that this process may use.
    var threads: Int { request.threads ?? max(1, ProcessInfo.processInfo.activeProcessorCount) }

    /// The memory that micro-batches are sized by.
    var memoryBytes: Int { request.memoryBytes ?? 512 << 20 }

    /// What the engine tells goes into the events, and a stop request ends its work.
    var observer: WorkObserver {
        WorkObserver(
            stage: events.stage, progress: { events.progress($0, of: $1, $2) },
            warn: { problem, place in
                var failure = WorkerFault(problem).failure
                failure.place = place
                events.warn(failure)
            }, interruption: StopRequest.heed)
    }

    /// A path in the request's folder.
    func path(_ name: String) -> String { request.directory + "/" + name }
}
