import Foundation
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

    /// A path in the request's folder.
    func path(_ name: String) -> String { request.directory + "/" + name }
}
