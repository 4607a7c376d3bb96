import Foundation
import Launching
import Nouns
import Platform
import Synchronization
import WorkerProtocol

/// A launcher whose workers are a closure; counts what it is asked for.
final class FakeLauncher: WorkerRunner {
    let asked = Mutex<[WorkerRequest]>([])
    private let answer: @Sendable (WorkerRequest, _ attempt: Int) throws -> WorkerResult

    init(_ answer: @escaping @Sendable (WorkerRequest, Int) throws -> WorkerResult) { self.answer = answer }

    func run(_ request: WorkerRequest, silence: Duration, onEvent: @escaping @Sendable (WorkerEvent) -> Void)
        async throws -> WorkerResult
    {
        let attempt = asked.withLock {
            $0.append(request)
            return $0.count
        }
        return try answer(request, attempt)
    }

    /// Writes one file, as an export does.
    @Sendable static func export(_ request: WorkerRequest, _ attempt: Int) throws -> WorkerResult {
        let folder = request.directory + "/export"
        try AtomicFile.makeFolder(folder)
        try AtomicFile.write(Data("weights".utf8), to: folder + "/model")
        var result = WorkerResult()
        result.files = [FileReference(path: folder + "/model", sha256: Digest.sha256(Data("weights".utf8)), bytes: 7)]
        return result
    }
}
