import Foundation
import Judged
import Ledger
import Logging
import Nouns
import Platform
import Settings
import StageKit
import TestSupport
import Testing

@testable import Gating

/// A run that cannot be judged keeps no other from its verdict.
struct IsolationTests {
    /// What is wrong with the first run's pipeline, and what becomes of that run.
    enum Fault: CaseIterable {
        case scoresInAFolder
        case damagedScores
        case unreadableSchema
        case brokenGoldenFile

        /// Damaged scores never get better. What cannot be read now is waited for, with a problem that says so: a run
        /// is judged by what it was queued with, or not at all.
        var state: RunState {
            switch self {
            case .damagedScores: .failed
            case .scoresInAFolder, .unreadableSchema, .brokenGoldenFile: .evaluated
            }
        }
    }

    private let sandbox: Sandbox
    private let context: StageContext

    init() throws {
        sandbox = try Sandbox()
        for name in ["a", "b"] { try sandbox.pipeline(name, "base = \"tiny\"\n") }
        context = StageContext(
            layout: sandbox.layout, ledger: try Ledger(path: sandbox.layout.ledger),
            settings: LiveSettings(SettingsFolder.read(sandbox.layout)),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try context.ledger.add(
            BaseCard(
                id: "tiny", architecture: "llama", parameters: 1, quantisation: [:], contextLength: 1, layers: 1,
                width: 1, vocabulary: 1, tokenizer: "t", tokenizerDigest: "d", format: "gguf", digest: "abc",
                trainingMemoryBytes: 1))
    }

    @Test(arguments: Fault.allCases)
    func whatIsWrongWithOneRunHoldsUpNoOther(_ fault: Fault) throws {
        let first = try evaluated("a")
        let second = try evaluated("b")
        try make(fault)
        let gating = GatingService(context)
        try gating.pass()
        #expect(try context.ledger.run(first)?.state == fault.state)
        let judged = try #require(try context.ledger.run(second))
        #expect(judged.state == .rejected && judged.verdict?.gates.isEmpty == false)
        #expect(context.problems.count == (fault.state == .failed ? 0 : 1), "a failed run has its cause itself")
    }

    /// Somebody may promote or roll back while a run is evaluated; it is then compared with what is served by now.
    @Test func aRunIsEvaluatedAgainWhereAnotherModelIsServedMeanwhile() throws {
        let id = try evaluated("a")
        try context.ledger.add(
            ModelVersion(
                id: "v-1", pipeline: "a", run: try evaluated("b"), base: "tiny", baseDigest: "abc",
                adapters: [AdapterReference(path: "/adapter", sha256: "a")], snapshot: "s-a", recipe: Recipe(),
                createdAt: Date(), code: "c", machine: "m"))
        _ = try context.ledger.promote("a", to: "v-1", run: nil, kind: .forced, who: "t", reason: "t")
        let gating = GatingService(context)
        try gating.pass()
        let again = try #require(try context.ledger.run(id))
        #expect(again.state == .trained && again.verdict == nil && again.cause == nil && again.attempts == 0)
        _ = try context.ledger.apply(id, .evaluationStarted)
        var scores = again.scores ?? [:]
        let served = try #require(try context.served("a"))
        scores[.served] = scores[.base]
        scores[.served]?.model = GateModels.digest(try context.modelReference(served))
        _ = try context.ledger.apply(id, .evaluated(scores: scores, evaluators: nil))
        try gating.pass()
        let judged = try #require(try context.ledger.run(id))
        #expect(judged.verdict?.baseline == "v-1", "\(judged.state)")
        #expect(context.problems.count == 0)
    }

    private func make(_ fault: Fault) throws {
        let scores = sandbox.root + "/a.jsonl"
        switch fault {
        case .scoresInAFolder:
            try FileManager.default.removeItem(atPath: scores)
            try AtomicFile.makeFolder(scores)
        case .damagedScores: try AtomicFile.write(Data("{\"row\": 7".utf8), to: scores)
        case .unreadableSchema:
            try sandbox.pipeline("a", "base = \"tiny\"\n[gates]\nanswer_schema = \"\(sandbox.root)/gone.json\"\n")
            context.settings.replace(SettingsFolder.read(sandbox.layout))
        case .brokenGoldenFile:
            try AtomicFile.makeFolder(sandbox.layout.golden("a"))
            try AtomicFile.write(Data("no rows".utf8), to: sandbox.layout.golden("a") + "/must.jsonl")
        }
    }

    /// A run whose candidate and base have answered one gate row alike.
    private func evaluated(_ pipeline: PipelineName) throws -> RunID {
        let snapshot = SnapshotID("s-\(pipeline)")
        try context.ledger.add(
            Snapshot(id: snapshot, pipeline: pipeline, createdAt: Date(), drops: [], files: [:], rows: [:])
        )
        let queued = try context.ledger.queue(taking: []) {
            Run(
                id: $0, pipeline: pipeline, mode: .fromBase, base: "tiny", snapshot: snapshot, drops: [],
                recipe: Recipe(), createdAt: Date(), requestedBy: "t")
        }
        let run = try #require(queued)
        for event in RunEvent.path(to: .evaluated) { _ = try context.ledger.apply(run.id, event) }
        let record = ExampleRecord(
            row: "row-1", set: .gate, lossSum: 1, tokens: 1, correctTokens: 0, bytes: 3, promptTokens: 1, prompt: "p",
            reference: "r", output: "x")
        let path = sandbox.root + "/\(pipeline).jsonl"
        try AtomicFile.write(try ContractCoding.encode(record) + Data([10]), to: path)
        let result = EvaluationResult(
            rows: 1, figures: [:], examples: FileReference(path: path, sha256: "s", bytes: 1), seconds: 1)
        try context.ledger.amend(run.id) { run in
            run.scores = [.candidate, .base].reduce(into: [:]) {
                $0[$1] = ModelScores(model: $1.rawValue, sets: [.gate: result])
            }
        }
        return run.id
    }
}
