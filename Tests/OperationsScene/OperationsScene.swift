import ControlProtocol
import Datasets
import Delivery
import Experiments
import Foundation
import Intake
import Launching
import Ledger
import Logging
import Nouns
import Operations
import Platform
import Promotion
import Registry
import Scheduling
import Serving
import Settings
import Soundness
import StageKit
import Supervision
import TestSupport
import WireAPI
import WorkerProtocol

/// What a daemon knows, without a daemon: a ledger in a sandbox, a pipeline `support` of the base `tiny`, and every
/// operation on them. No stage is at work, so that nothing changes unless a test asks for it.
package final class OperationsScene: Sendable {
    package let sandbox: Sandbox
    package let context: StageContext
    package let operations: Operations
    package let wire: WireOperations
    package var feed: RunFeed { context.feed }

    /// - Parameters:
    ///   - toml: what the pipeline's file says after `base = "tiny"`.
    ///   - worker: what a worker answers.
    ///   - model: what whoever is asked answers.
    ///   - serving: who is asked in its place.
    package init(
        _ toml: String = "",
        worker: @escaping @Sendable (WorkerRequest) async throws -> WorkerResult = { _ in WorkerResult() },
        model: @escaping @Sendable (ServingRequest) async throws -> String = { _ in "" },
        serving: (any ServingPath)? = nil
    ) throws {
        sandbox = try Sandbox()
        try sandbox.pipeline("support", "base = \"tiny\"\n" + toml)
        for path in [sandbox.layout.runs, sandbox.layout.uploads] { try AtomicFile.makeFolder(path) }
        let settings = SettingsFolder.read(sandbox.layout)
        if let problem = settings.problems.first { throw problem }
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        context = StageContext(
            layout: sandbox.layout, ledger: try Ledger(path: sandbox.layout.ledger), settings: LiveSettings(settings),
            logger: logger)
        try context.ledger.add(Self.card("tiny"))
        let launcher = AnsweringLauncher(answer: worker)
        let scheduling = SchedulingService(context)
        let serving = serving ?? AnsweringModel(answer: model)
        let supervision = SupervisionService(context, launcher: launcher)
        operations = Operations(
            context, intake: IntakeService(context), scheduling: scheduling, supervision: supervision,
            promotion: PromotionService(context),
            registry: BaseRegistry(context, launcher: launcher), launcher: launcher,
            serving: serving,
            experiments: ExperimentService(context, launcher: launcher) {
                try scheduling.freeze($0, mode: $1, replayShare: $2)
            },
            datasets: DatasetCatalogue(context, service: DatasetService(context)),
            soundness: SoundnessService(context), orders: ExportOrders(),
            startedAt: Date(timeIntervalSince1970: 1_795_000_000))
        wire = WireOperations(
            context, serving: serving, supervision: supervision,
            files: JobFiles(find: operations.files.find, keep: operations.files.keep),
            kept: operations.feedback.store)
    }

    /// A base model; no file is behind it.
    package static func card(_ id: BaseID) -> BaseCard {
        BaseCard(
            id: id, architecture: "llama", parameters: 2_000_000, quantisation: [:], contextLength: 512, layers: 1,
            width: 1, vocabulary: 2, licence: "MIT", tokenizer: "t", tokenizerDigest: "t", format: "gguf",
            files: [FileReference(path: "w.gguf", sha256: "s", bytes: 1)], digest: "digest-\(id)",
            trainingMemoryBytes: 1)
    }

    /// Queues a run on a snapshot that no file is behind.
    package func queue(_ pipeline: PipelineName = "support") throws -> Run {
        let snapshot = Snapshot(
            id: "s-1", pipeline: pipeline, createdAt: Date(timeIntervalSince1970: 1_795_000_000), drops: [],
            files: [:], rows: [.train: 10, .validation: 2, .gate: 2])
        try context.ledger.add(snapshot)
        let run = try context.ledger.queue(taking: []) { id in
            Run(
                id: id, pipeline: pipeline, mode: .fromBase, base: "tiny", snapshot: snapshot.id, drops: [],
                recipe: Recipe(), createdAt: Date(timeIntervalSince1970: 1_795_000_000), requestedBy: "test")
        }
        guard let run else { throw Failure(code: "test", "No run was queued.") }
        return run
    }

    /// Records how two models did on the rows of a run, as their evaluation does.
    package func judge(_ run: RunID, candidate: [ExampleRecord], served: [ExampleRecord]) throws {
        var scores: [ModelRole: ModelScores] = [:]
        for (role, records) in [(ModelRole.candidate, candidate), (.served, served)] {
            var sets: [SetName: EvaluationResult] = [:]
            for (set, rows) in Dictionary(grouping: records, by: \.set) {
                let path = sandbox.root + "/\(run)-\(role)-\(set).jsonl"
                let lines = try rows.map { String(decoding: try ContractCoding.encode($0), as: UTF8.self) + "\n" }
                try AtomicFile.write(Data(lines.joined().utf8), to: path)
                sets[set] = EvaluationResult(
                    rows: rows.count, figures: [:], examples: FileReference(path: path, sha256: "s", bytes: 1),
                    seconds: 1)
            }
            scores[role] = ModelScores(model: role.rawValue, sets: sets)
        }
        try context.ledger.amend(run) { $0.scores = scores }
    }

    /// A row as a model answered it; it is right where `output` is `yes`.
    package static func example(_ row: RowID, _ set: SetName = .gate, loss: Double, output: String?) -> ExampleRecord {
        ExampleRecord(
            row: row, set: set, lossSum: loss, tokens: 1, correctTokens: 1, bytes: 3, promptTokens: 1, prompt: "well?",
            reference: "yes", output: output)
    }
}

/// A model that is a closure from a request to its answer.
private struct AnsweringModel: ServingPath {
    let answer: @Sendable (ServingRequest) async throws -> String
    var versionsInUse: Set<VersionID> { [] }
    var load: ServingLoad { ServingLoad() }

    func events(_ request: ServingRequest) throws -> AsyncThrowingStream<ServingEvent, any Error> {
        let (events, feed) = AsyncThrowingStream<ServingEvent, any Error>.makeStream()
        Task {
            do {
                var text = ServingEvent(.text, id: "q")
                text.text = try await answer(request)
                text.choice = 0
                var began = ServingEvent(.began, id: "q")
                began.began = ServingBegan(promptTokens: 2, cachedTokens: 0, seed: nil)
                var ended = ServingEvent(.ended, id: "q")
                (ended.choice, ended.ended) = (0, ServingEnded(finish: "stop", tokens: 1))
                for event in [began, text, ended] { feed.yield(event) }
                feed.finish()
            } catch { feed.finish(throwing: error) }
        }
        return events
    }
}

/// A launcher whose workers are a closure; it takes short tasks alone.
private struct AnsweringLauncher: WorkerLauncher {
    let answer: @Sendable (WorkerRequest) async throws -> WorkerResult

    func run(_ request: WorkerRequest, silence: Duration, onEvent: @escaping @Sendable (WorkerEvent) -> Void)
        async throws -> WorkerResult
    {
        try await answer(request)
    }

    func submit(_ request: WorkerRequest) async throws -> WorkHandle {
        throw WorkerEnd.died(Failure(code: "test", "No run is worked on here."))
    }
    func attach(_ handle: WorkHandle) async throws -> AsyncThrowingStream<WorkerEvent, any Error>? { nil }
    func stop(_ handle: WorkHandle) async {}
    func cancel(_ handle: WorkHandle) async {}
    func leave(_ handle: WorkHandle) async {}
}
