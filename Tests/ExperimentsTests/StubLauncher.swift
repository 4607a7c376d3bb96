import Foundation
import Launching
import Ledger
import Logging
import Nouns
import Platform
import Settings
import StageKit
import Synchronization
import TestSupport
import WorkerProtocol

/// Answers worker requests from a closure, without any process; counts what it was asked.
final class StubLauncher: WorkerRunner {
    private let answer: @Sendable (WorkerRequest) async throws -> WorkerResult
    private let asked = Mutex<[WorkerRequest]>([])
    var requests: [WorkerRequest] { asked.withLock { $0 } }

    init(_ answer: @escaping @Sendable (WorkerRequest) async throws -> WorkerResult) { self.answer = answer }

    func run(_ request: WorkerRequest, silence: Duration, onEvent: @escaping @Sendable (WorkerEvent) -> Void)
        async throws -> WorkerResult
    {
        asked.withLock { $0.append(request) }
        return try await answer(request)
    }
}

/// A daemon's state without a daemon: a ledger in a sandbox, with bases and a pipeline.
struct Scene {
    let sandbox: Sandbox
    let context: StageContext

    init(bases: [BaseID] = ["one", "three"], pipeline: (inout PipelineSettings) -> Void = { _ in }) throws {
        sandbox = try Sandbox()
        var folder = SettingsFolder()
        var settings = PipelineSettings(name: "p", file: "p.toml", base: bases.first ?? "none")
        pipeline(&settings)
        folder.pipelines = [settings]
        for path in [sandbox.layout.state, sandbox.layout.runs] { try AtomicFile.makeFolder(path) }
        context = StageContext(
            layout: sandbox.layout, ledger: try Ledger(path: sandbox.layout.ledger), settings: LiveSettings(folder),
            logger: Logger(label: "test"))
        for base in bases { try context.ledger.add(Self.card(base)) }
    }

    static func card(_ id: BaseID) -> BaseCard {
        BaseCard(
            id: id, architecture: "llama", parameters: 2_000_000, quantisation: [:], contextLength: 512, layers: 1,
            width: 1, vocabulary: 2,
            licence: "MIT", tokenizer: "t", tokenizerDigest: "t", format: "gguf",
            files: [FileReference(path: "w", sha256: "s", bytes: 1)],
            digest: "digest-\(id)", trainingMemoryBytes: 1)
    }

    /// A snapshot of so many training rows; no file is behind it.
    func snapshot(rows: Int = 72) throws -> Snapshot {
        let files: [Split: [FileReference]] = [
            .train: [FileReference(path: "t", sha256: "t", bytes: 1, rows: rows)], .validation: [], .gate: [],
        ]
        let snapshot = Snapshot(
            id: "s-1", pipeline: "p", createdAt: Date(), drops: [], files: files,
            rows: [.train: rows, .validation: 16, .gate: 16])
        try context.ledger.add(snapshot)
        return snapshot
    }
}
