import Foundation
import Launching
import Ledger
import Logging
import Nouns
import Platform
import RowFiles
import Settings
import StageKit
import Synchronization
import TestSupport
import Testing
import WorkerProtocol

@testable import Judged
@testable import Prequential

/// New rows are asked of what is served before they are learnt, each drop once.
struct PrequentialServiceTests {
    /// Answers as many rows rightly as a rule says, and keeps the requests.
    private final class Answerer: WorkerRunner {
        let requests = Mutex<[EvaluateTask]>([])
        let right: @Sendable (Row) -> Bool
        let end: WorkerEnd?

        init(end: WorkerEnd? = nil, right: @escaping @Sendable (Row) -> Bool = { _ in true }) {
            self.right = right
            self.end = end
        }

        func run(_ request: WorkerRequest, silence: Duration, onEvent: @escaping @Sendable (WorkerEvent) -> Void)
            async throws -> WorkerResult
        {
            guard case .evaluate(let task) = request.task else { throw Failure(code: "test", "Another task.") }
            requests.withLock { $0.append(task) }
            if let end { throw end }
            var data = Data()
            var count = 0
            for file in task.sets[0].files {
                try RowFile.read(file.path) { row in
                    count += 1
                    let record = ExampleRecord(
                        row: row.id, set: .prequential, lossSum: 1, tokens: 2, correctTokens: 1, bytes: 4,
                        promptTokens: 3, prompt: "p", reference: row.label ?? "",
                        output: task.maxNewTokens == 0 ? nil : right(row) ? row.label : "?", label: row.label)
                    data += try ContractCoding.encode(record) + Data([10])
                }
            }
            let path = request.directory + "/examples-prequential.jsonl"
            try AtomicFile.write(data, to: path)
            var result = WorkerResult()
            result.evaluations = [
                .prequential: EvaluationResult(
                    rows: count, figures: [:], examples: FileReference(path: path, sha256: "", bytes: data.count),
                    seconds: 1)
            ]
            return result
        }
    }

    private let sandbox: Sandbox
    private let context: StageContext

    init() throws {
        sandbox = try Sandbox()
        try sandbox.pipeline("p", "base = \"tiny\"\n")
        context = StageContext(
            layout: sandbox.layout, ledger: try Ledger(path: sandbox.layout.ledger),
            settings: LiveSettings(SettingsFolder.read(sandbox.layout)),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try context.ledger.add(
            BaseCard(
                id: "tiny", architecture: "llama", parameters: 1, quantisation: [:], contextLength: 64, layers: 1,
                width: 1, vocabulary: 1, tokenizer: "t", tokenizerDigest: "d", format: "gguf", digest: "abc",
                trainingMemoryBytes: 1))
    }

    /// Serves a version whose snapshot holds the drops that are stored by then, and knows two classes.
    private func serve(_ id: VersionID) throws {
        let snapshot = SnapshotID("s-\(id)")
        try context.ledger.add(
            Snapshot(
                id: snapshot, pipeline: "p", createdAt: Date(), drops: try context.ledger.storedDrops("p").map(\.id),
                files: [:], rows: [:], labels: ["c0", "c1"]))
        let run = try context.ledger.queue(taking: try context.ledger.storedDrops("p").map(\.id)) {
            Run(
                id: $0, pipeline: "p", mode: .fromBase, base: "tiny", snapshot: snapshot, drops: [], recipe: Recipe(),
                createdAt: Date(), requestedBy: "test")
        }
        let queued = try #require(run)
        for event in RunEvent.path(to: .accepted) { _ = try context.ledger.apply(queued.id, event) }
        try context.ledger.add(
            ModelVersion(
                id: id, pipeline: "p", run: queued.id, base: "tiny", baseDigest: "abc", adapters: [],
                snapshot: snapshot, recipe: Recipe(), createdAt: Date(), code: "c", machine: "m"))
        _ = try context.ledger.promote("p", to: id, run: queued.id, kind: .automatic, who: "t", reason: "r")
    }

    private func store(_ id: DropID, train: Int, validation: Int = 0, classes: Int = 2) throws {
        let folder = sandbox.layout.shards("p")
        try AtomicFile.makeFolder(folder)
        var batch = DatasetBatch()
        var shards: [Split: FileReference] = [:]
        for (split, count) in [(Split.train, train), (.validation, validation), (.gate, 5)] where count > 0 {
            let writer = try ShardWriter(folder: folder)
            for index in 0..<count {
                let label = "c\(index % classes)"
                let row = Row(
                    id: RowID("\(index * 7919 % 1000)-\(id)-\(split)"),
                    content: .completion(prompt: "\(id) \(split) \(index)", completion: label), split: split,
                    label: label, promptKey: "\(id)\(split)\(index)", drop: id, line: index + 1)
                try writer.write(row)
                batch.rows.append(
                    DatasetRow(id: row.id, line: row.line, split: split, label: label, promptKey: row.promptKey))
            }
            shards[split] = try writer.finish()
        }
        let drop = try context.ledger.receive(
            Drop(
                id: id, pipeline: "p", name: "\(id)", sha256: id.rawValue, bytes: 1, state: .received,
                receivedAt: Date()))
        try context.ledger.store(drop, batch, shards: shards)
    }

    @Test func newRowsAreAskedOnceOfWhatIsServed() async throws {
        let answerer = Answerer { $0.line % 10 != 0 }
        let service = PrequentialService(context, launcher: answerer)
        try store("d-1", train: 20)
        _ = try await service.pass()
        #expect(answerer.requests.withLock(\.count) == 0, "the base alone is asked nothing")
        try serve("v-1")
        try store("d-2", train: 60, validation: 20, classes: 3)
        #expect(try UnansweredDrops.of("p", context)?.drops.map(\.id) == ["d-2"])
        _ = try await service.pass()
        _ = try await service.pass()
        #expect(answerer.requests.withLock(\.count) == 1)
        let answers = try #require(try context.ledger.drop("d-2")?.answers)
        #expect(answers.version == "v-1" && answers.metric == .accuracy)
        #expect(answers.asked == 80 && answers.right == 72 && answers.loss == 0.5)
        // Of 60 training rows 54 are answered rightly; those of the third class stay new.
        #expect(answers.known == 36)
        #expect(try UnansweredDrops.of("p", context)?.drops.isEmpty == true)
        #expect(try FileManager.default.contentsOfDirectory(atPath: sandbox.layout.runs).isEmpty)
    }

    @Test func atMostSoManyRowsOfADropAreAsked() async throws {
        let answerer = Answerer()
        try serve("v-1")
        try store("d-1", train: 900)
        _ = try await PrequentialService(context, launcher: answerer).pass()
        #expect(try context.ledger.drop("d-1")?.answers?.asked == 400)
    }

    @Test(arguments: [true, false]) func whatCannotBeAskedHoldsNobodyUp(dies: Bool) async throws {
        let failure = Failure(code: "x", "It is out of order.")
        let answerer = Answerer(end: dies ? .died(failure) : .failed(failure))
        try serve("v-1")
        try store("d-1", train: 30)
        _ = try await PrequentialService(context, launcher: answerer).pass()
        let answers = try #require(try context.ledger.drop("d-1")?.answers)
        #expect(answers.asked == 0 && answers.note == "It is out of order." && answers.share == nil)
    }

    @Test func aWorkerThatLeavesIsAskedAgain() async throws {
        try serve("v-1")
        try store("d-1", train: 30)
        _ = try await PrequentialService(context, launcher: Answerer(end: .interrupted)).pass()
        #expect(try context.ledger.drop("d-1")?.answers == nil)
        #expect(try UnansweredDrops.of("p", context)?.drops.count == 1)
    }

    @Test func aFallIsAProblemThatNamesTheDropsUntilItPasses() async throws {
        let good = PrequentialService(context, launcher: Answerer { $0.line % 10 != 0 })
        try serve("v-1")
        for day in 1...4 {
            try store(DropID("d-\(day)"), train: 150)
            _ = try await good.pass()
        }
        #expect(context.problems.count == 0)
        try store("d-bad", train: 150)
        _ = try await PrequentialService(context, launcher: Answerer { $0.line % 10 > 3 }).pass()
        let problem = try #require(context.problems.all().first)
        #expect(problem.code == "drops.fall" && problem.message.contains("d-bad") && problem.message.contains("90 %"))
        for day in 5...6 {
            try store(DropID("d-\(day)"), train: 150)
            _ = try await good.pass()
        }
        #expect(context.problems.count == 0)
    }

    @Test func whereTheLossIsJudgedNothingCanBeRight() async throws {
        try sandbox.pipeline("p", "base = \"tiny\"\n[gates]\nprimary = \"loss\"\n")
        context.settings.replace(SettingsFolder.read(sandbox.layout))
        let answerer = Answerer()
        try serve("v-1")
        try store("d-1", train: 30)
        _ = try await PrequentialService(context, launcher: answerer).pass()
        let answers = try #require(try context.ledger.drop("d-1")?.answers)
        #expect(answers.metric == nil && answers.share == nil && answers.loss == 0.5 && answers.asked == 30)
        #expect(answerer.requests.withLock { $0[0].maxNewTokens } == 0)
    }
}
