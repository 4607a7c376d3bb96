import Foundation
import Launching
import Nouns
import Platform
import StageKit
import Synchronization
import WorkerProtocol

/// A launcher whose workers are a closure; counts what it is asked for.
final class FakeLauncher: WorkerRunner, ModelAnswers {
    let asked = Mutex<[WorkerRequest]>([])
    private let answer: @Sendable (WorkerRequest, _ attempt: Int) throws -> WorkerResult
    private let said: String

    /// - Parameter said: what it answers to every question.
    init(answer said: String = "", _ answer: @escaping @Sendable (WorkerRequest, Int) throws -> WorkerResult) {
        self.said = said
        self.answer = answer
    }

    func answers(_ version: ModelVersion, to conversations: [[Message]], maxNewTokens: Int) async throws -> [String] {
        conversations.map { _ in said }
    }

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
