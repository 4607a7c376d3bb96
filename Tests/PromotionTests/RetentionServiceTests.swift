import Foundation
import Ledger
import Logging
import Nouns
import Platform
import Settings
import StageKit
import TestSupport
import Testing

@testable import Promotion

/// What nothing needs goes by itself, and nothing that is needed does.
struct RetentionServiceTests {
    let sandbox: Sandbox
    let context: StageContext

    init() throws {
        sandbox = try Sandbox()
        try sandbox.settings("minimum_free = \"0\"\n[retention]\nkeep = 1\nkeep_days = 0\n")
        try sandbox.pipeline("p", "base = \"tiny\"\n")
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

    private func put(_ path: String, bytes: Int = 10) throws {
        try AtomicFile.makeFolder((path as NSString).deletingLastPathComponent)
        try AtomicFile.write(Data(repeating: 1, count: bytes), to: path)
    }

    private func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    /// A run with its files, in a state.
    @discardableResult
    private func run(_ state: RunState, pipeline: PipelineName = "p", parent: VersionID? = nil) throws -> Run {
        let snapshot = Snapshot(
            id: SnapshotID("s-\(pipeline)"), pipeline: pipeline, createdAt: Date(), drops: [], files: [:], rows: [:])
        try context.ledger.add(snapshot)
        let run = try context.ledger.queue(taking: []) { id in
            var run = Run(
                id: id, pipeline: pipeline, mode: .fromBase, base: "tiny", snapshot: snapshot.id, drops: [],
                parent: parent, recipe: Recipe(), createdAt: Date(timeIntervalSince1970: 1000), requestedBy: "t")
            let folder = context.layout.run(id) + "/adapter"
            try put(folder + "/adapter_config.json")
            try put(folder + "/adapter_model.safetensors")
            try put(context.layout.checkpoint(id))
            run.adapter = AdapterReference(
                path: folder, sha256: try Digest.sha256(file: folder + "/adapter_model.safetensors"))
            run.state = state
            return run
        }
        return try #require(run)
    }

    /// A run that was promoted and delivered.
    private func promoted(_ pipeline: PipelineName = "p") throws -> (run: Run, version: VersionID) {
        let run = try run(.accepted, pipeline: pipeline)
        let record = try PromotionService(context).promote(run.id, who: "ann", reason: "good", force: true)
        try context.apply(run.id, .delivered("delivered"))
        return (try #require(try context.ledger.run(run.id)), try #require(record.version))
    }

    @Test func aCheckpointGoesOnceItsAdapterIsInTheLedger() throws {
        let trained = try run(.trained)
        let training = try run(.training)
        let failed = try run(.failed)
        try RetentionService(context).pass()
        #expect(!exists(context.layout.checkpoint(trained.id)) && exists(trained.adapter?.path ?? ""))
        #expect(exists(context.layout.checkpoint(training.id)), "it goes on from there")
        #expect(exists(context.layout.checkpoint(failed.id)), "a failed run may be queued again")
    }

    @Test func oldModelsGoAndTheirRecordsStay() throws {
        let old = try promoted()
        let middle = try promoted()
        let new = try promoted()
        try RetentionService(context).pass()
        #expect(!exists(context.layout.version("p", old.version)) && !exists(context.layout.run(old.run.id)))
        #expect(exists(context.layout.version("p", middle.version)), "it is the one before")
        #expect(exists(context.layout.version("p", new.version)) && exists(context.layout.run(new.run.id)))
        #expect(try context.ledger.versions("p").count == 3)
        #expect(try context.ledger.keptVersions("p").map(\.id) == [new.version, middle.version])
        #expect(
            throws: Failure.self, "and nobody serves what is gone",
            performing: {
                try PromotionService(context).rollback("p", to: old.version, who: "ann", reason: "r")
            })
        #expect(try context.ledger.verify("p").intact)
    }

    @Test func anAdapterIsOnTheDiskOnce() throws {
        let (run, version) = try promoted()
        var (first, second) = (stat(), stat())
        stat((run.adapter?.path ?? "") + "/adapter_model.safetensors", &first)
        stat(context.layout.version("p", version) + "/adapter-0/adapter_model.safetensors", &second)
        #expect(first.st_ino == second.st_ino && first.st_nlink == 2)
    }

    @Test func aPipelineWhoseFileIsGoneIsClearedToo() throws {
        let old = try promoted("gone")
        _ = try promoted("gone")
        _ = try promoted("gone")
        try RetentionService(context).pass()
        #expect(!exists(context.layout.version("gone", old.version)))
    }

    @Test func theNewestOpenQuestionStaysAndIsPromotable() throws {
        let open = try run(.inconclusive)
        for _ in 0..<3 { try run(.rejected) }
        try RetentionService(context).pass()
        #expect(exists(context.layout.run(open.id)))
        #expect(try context.ledger.keptRuns("p").count == 2, "and the newest of the others")
        _ = try PromotionService(context).promote(open.id, who: "ann", reason: "r", force: true)
        let gone = try #require(try context.ledger.runs(pipeline: "p", state: .rejected).last)
        let failure = #expect(throws: Failure.self) {
            try PromotionService(context).promote(gone.id, who: "ann", reason: "r", force: true)
        }
        #expect(failure?.code == "promotion.removed")
    }

    @Test func whileARunIsJudgedNoFiguresGo() throws {
        let old = try run(.rejected)
        try run(.rejected)
        try run(.evaluating)
        try RetentionService(context).pass()
        #expect(exists(context.layout.run(old.id)))
    }

    @Test func originalsGoWhenTheSettingsSaySo() throws {
        let drop = Drop(
            id: "d-1", pipeline: "p", name: "a", sha256: "a", bytes: 1, state: .quarantined,
            receivedAt: Date().addingTimeInterval(-10 * 86_400))
        _ = try context.ledger.receive(drop)
        let folder = context.layout.intake("p", drop: "d-1")
        try put(folder + "/original")
        try put(folder + "/report.json")
        try RetentionService(context).pass()
        #expect(exists(folder + "/original"), "0 is for ever")
        try sandbox.pipeline("p", "base = \"tiny\"\n[retention]\noriginals_days = 7\n")
        context.settings.replace(SettingsFolder.read(sandbox.layout))
        try RetentionService(context).pass()
        #expect(!exists(folder + "/original") && exists(folder + "/report.json"))
        #expect(try context.ledger.keptDrops("p", before: Date()).isEmpty, "nobody looks again")
    }

    @Test func aPersonClearsAllThatNothingNeeds() throws {
        let old = try run(.rejected)
        let new = try run(.rejected)
        let catalogue = VersionCatalogue(context)
        let plan = try catalogue.garbage(remove: false)
        #expect(plan.items.map(\.path).contains(context.layout.run(new.id)) && exists(context.layout.run(new.id)))
        #expect(try catalogue.garbage(remove: true).bytes == plan.bytes)
        #expect(!exists(context.layout.run(old.id)) && !exists(context.layout.run(new.id)))
        #expect(try catalogue.garbage(remove: true).items.isEmpty)
    }
}
