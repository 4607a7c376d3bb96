import Foundation
import Launching
import Ledger
import Logging
import Nouns
import Platform
import Settings
import StageKit
import TestSupport
import WorkerProtocol

@testable import Gating
@testable import Judged
@testable import Promotion
@testable import Supervision

/// A pipeline `tickets` with every stage from a queued run to the served model, worked by a worker without an engine;
/// a pass of each stage happens when a test asks for it.
struct JudgedScene: Sendable {
    let sandbox: Sandbox
    let context: StageContext
    let golden: String
    private let base: String

    /// - Parameters:
    ///   - toml: what the pipeline's file says after `base = "tiny"`.
    ///   - labels: the classes of the rows.
    init(_ toml: String, labels: [String]? = nil) throws {
        sandbox = try Sandbox()
        try sandbox.pipeline("tickets", "base = \"tiny\"\n" + toml)
        golden = sandbox.layout.golden("tickets")
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        context = StageContext(
            layout: sandbox.layout, ledger: try Ledger(path: sandbox.layout.ledger),
            settings: LiveSettings(SettingsFolder.read(sandbox.layout)), logger: logger)
        base = sandbox.layout.base("tiny")
        try AtomicFile.makeFolder(base)
        let weights = Data("a base model, to the fake worker".utf8)
        try AtomicFile.write(weights, to: base + "/tiny.gguf")
        let digest = Digest.sha256(weights)
        try context.ledger.add(
            BaseCard(
                id: "tiny", architecture: "llama", parameters: 1, quantisation: [:], contextLength: 512, layers: 1,
                width: 1, vocabulary: 2, tokenizer: "fake", tokenizerDigest: digest, format: "gguf",
                files: [FileReference(path: "tiny.gguf", sha256: digest, bytes: weights.count)], digest: digest,
                trainingMemoryBytes: 1))
        var files: [Split: [FileReference]] = [:]
        for (split, count) in [(Split.train, 40), (.gate, 40)] { files[split] = [try rows(split, count)] }
        var snapshot = Snapshot(
            id: "s", pipeline: "tickets", createdAt: Date(), drops: [], files: files,
            rows: files.mapValues { $0[0].rows ?? 0 })
        snapshot.labels = labels
        try context.ledger.add(snapshot)
    }

    private func rows(_ split: Split, _ count: Int) throws -> FileReference {
        var data = Data()
        for line in 1...count {
            let row = Row(
                id: RowID("\(split.rawValue)-\(line)"), content: .completion(prompt: "p \(line)", completion: "r"),
                split: split, promptKey: "k\(line)", drop: "d", line: line)
            data += try ContractCoding.encode(row) + Data([10])
        }
        let path = sandbox.root + "/\(split.rawValue).jsonl"
        try AtomicFile.write(data, to: path)
        return FileReference(path: path, sha256: Digest.sha256(data), bytes: data.count, rows: count)
    }

    /// Queues a run as the stages do that queue runs.
    func queue() throws -> Run {
        guard let pipeline = context.settings.pipeline("tickets") else {
            throw Failure(code: "test", "The pipeline is not there.")
        }
        let settings = try FrozenSettings.freeze(pipeline, context)
        let run = try context.ledger.queue(taking: []) { id in
            var run = Run(
                id: id, pipeline: "tickets", mode: .fromBase, base: "tiny", snapshot: "s", drops: [], recipe: Recipe(),
                createdAt: Date(), requestedBy: "test")
            run.settings = settings
            return run
        }
        guard let run else { throw Failure(code: "test", "No run was queued.") }
        return run
    }

    /// Reads the settings as the daemon does when files have changed.
    func reload() {
        context.settings.replace(SettingsFolder.read(sandbox.layout, after: context.settings.now))
    }

    /// Has workers train and score a run; `before` is told of each request just before its worker starts.
    func work(_ run: Run, before: @escaping @Sendable (WorkerTask.Kind) throws -> Void = { _ in }) async throws {
        let launcher = WatchedLauncher(
            inner: LocalLauncher(program: try TestSupport.program("fake-worker")), before: before)
        let service = SupervisionService(context, launcher: launcher)
        let isDone = try await TestSupport.eventually {
            try service.startNext()
            let state = try context.ledger.run(run.id)?.state
            return state == .evaluated || state == .failed
        }
        if !isDone { throw Failure(code: "test", "The run was not evaluated.") }
        await service.active.leaveAll()
    }

    func judge() throws { try GatingService(context).pass() }
    func promote() throws { try PromotionService(context).pass() }
    var served: VersionID? { get throws { try context.ledger.served("tickets")?.version } }
}

/// A launcher that says of each request that it is about to be worked on.
private struct WatchedLauncher: WorkerLauncher {
    let inner: LocalLauncher
    let before: @Sendable (WorkerTask.Kind) throws -> Void

    func submit(_ request: WorkerRequest) async throws -> WorkHandle {
        try before(request.task.kind)
        return try await inner.submit(request)
    }
    func attach(_ handle: WorkHandle) async throws -> AsyncThrowingStream<WorkerEvent, any Error>? {
        try await inner.attach(handle)
    }
    func stop(_ handle: WorkHandle) async { await inner.stop(handle) }
    func cancel(_ handle: WorkHandle) async { await inner.cancel(handle) }
    func leave(_ handle: WorkHandle) async { await inner.leave(handle) }
}
