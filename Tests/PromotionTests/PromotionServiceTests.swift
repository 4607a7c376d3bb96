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

/// Judged runs become what is served, by themselves or because a person asks, on a real ledger and real files.
struct PromotionServiceTests {
    let sandbox: Sandbox
    let context: StageContext
    let service: PromotionService

    init() throws {
        sandbox = try Sandbox()
        for (name, text) in [("a", ""), ("b", "promote = \"manual\"\n"), ("c", "")] {
            try sandbox.pipeline(name, "base = \"tiny\"\n" + text)
        }
        context = StageContext(
            layout: sandbox.layout, ledger: try Ledger(path: sandbox.layout.ledger),
            settings: LiveSettings(SettingsFolder.read(sandbox.layout)),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        service = PromotionService(context)
        try context.ledger.add(
            BaseCard(
                id: "tiny", architecture: "llama", parameters: 1, quantisation: [:], contextLength: 1, layers: 1,
                width: 1, vocabulary: 1, tokenizer: "t", tokenizerDigest: "d", format: "gguf", digest: "abc",
                trainingMemoryBytes: 1))
        for name in ["a", "b", "c"] {
            try context.ledger.add(
                Snapshot(
                    id: SnapshotID("s-\(name)"), pipeline: PipelineName(name), createdAt: Date(), drops: [],
                    files: [:], rows: [:]))
        }
    }

    /// A run that was judged against `baseline`, with its adapter on disk.
    private func judged(
        _ pipeline: PipelineName, _ state: RunState = .accepted, baseline: VersionID? = nil, weights: String,
        figures: [ModelRole: [SetName: [MetricKey: Double]]] = [:]
    ) throws -> Run {
        let run = try context.ledger.queue(taking: []) { id in
            var run = Run(
                id: id, pipeline: pipeline, mode: .fromBase, state: state, base: "tiny",
                snapshot: SnapshotID("s-\(pipeline)"), drops: [], recipe: Recipe(), createdAt: Date(), requestedBy: "t")
            let folder = sandbox.root + "/adapter-\(id)"
            try AtomicFile.makeFolder(folder)
            try Data("{}".utf8).write(to: URL(filePath: folder + "/adapter_config.json"))
            try Data(weights.utf8).write(to: URL(filePath: folder + "/adapter_model.safetensors"))
            run.adapter = AdapterReference(path: folder, sha256: Digest.sha256(Data(weights.utf8)))
            run.verdict = Verdict(
                outcome: state == .accepted ? .pass : .fail, summary: "loss 1 → 0.5", gates: [], baseline: baseline,
                figures: figures, judgedAt: Date())
            return run
        }
        return try #require(run)
    }

    private func served(_ pipeline: PipelineName) throws -> VersionID? { try context.ledger.served(pipeline)?.version }

    private func link(_ pipeline: PipelineName) -> String? {
        try? FileManager.default.destinationOfSymbolicLink(atPath: sandbox.layout.current(pipeline))
    }

    private func refusal(_ work: () throws -> Void) -> Failure? {
        do { try work() } catch { return error as? Failure }
        return nil
    }

    /// What the gates could not decide on and validation rows do not speak against.
    @Test func whatIsGoneOnFromIsAVersionThatIsNotServed() throws {
        _ = try judged("a", weights: "one")
        try service.pass()
        let first = try #require(try served("a"))
        func undecided(goesOn: Bool) throws -> Run {
            let run = try judged("a", .inconclusive, baseline: first, weights: "two \(goesOn)")
            try context.ledger.amend(run.id) {
                $0.verdict?.continuation = Continuation(goesOn: goesOn, metric: .loss, rows: 9, explanation: "e")
            }
            try service.pass()
            return try #require(try context.ledger.run(run.id))
        }
        #expect(try undecided(goesOn: false).version == nil)
        let run = try undecided(goesOn: true)
        let version = try #require(run.version)
        #expect(try served("a") == first && run.state == .inconclusive)
        #expect(FileManager.default.fileExists(atPath: sandbox.layout.versionRecord("a", version)))
        #expect(try context.ledger.version(version)?.adapters.count == 1)
        // It was never served, and a rollback does not change that.
        let failure = refusal { _ = try service.rollback("a", to: version, who: "eva", reason: "r") }
        #expect(failure?.code == "version.unproven")
        let plan = try Retention(context).run(isPressed: true, remove: false)
        #expect(plan.kept.contains { $0.version == version && $0.reason == "is what the next run goes on from" })
        // By force it is served, and nothing is gone on from any more.
        let record = try service.promote(run.id, who: "eva", reason: "needed", force: true)
        #expect(record.version == version && record.kind == .forced)
        #expect(try context.ledger.served("a")?.version == version)
    }

    /// What was served is scored beside the candidate: those are figures of the same rows.
    @Test func twoVersionsAreComparedOnTheSameRowsWhereTheyWereScoredOnSome() throws {
        let catalogue = VersionCatalogue(context)
        _ = try judged("a", weights: "one", figures: [.candidate: [.gate: ["accuracy": 0.79]]])
        try service.pass()
        let first = try #require(try served("a"))
        let figures: [ModelRole: [SetName: [MetricKey: Double]]] = [
            .candidate: [.gate: ["accuracy": 0.81]], .served: [.gate: ["accuracy": 0.76]],
        ]
        _ = try judged("a", baseline: first, weights: "two", figures: figures)
        try service.pass()
        for (a, b) in [("previous", "current"), ("current", "previous")] {
            let both = try catalogue.compare("a", a, b)
            #expect(both.sameGateRows && both.a.version.id != both.b.version.id)
            let found = [both.a, both.b].map { $0.figures["accuracy"] }
            #expect(found == (a == "previous" ? [0.76, 0.81] : [0.81, 0.76]))
        }
        let other = try judged("a", baseline: nil, weights: "three", figures: figures)
        let third = try service.promote(other.id, who: "ann", reason: "good", force: true).version
        #expect(try catalogue.compare("a", first.rawValue, #require(third).rawValue).sameGateRows == false)
    }

    @Test func whatPassedIsServedByItself() throws {
        let run = try judged("a", weights: "one")
        try service.pass()
        let after = try #require(try context.ledger.run(run.id))
        let version = try #require(after.version)
        #expect(after.state == .promoted)
        #expect(try served("a") == version && link("a") == version.rawValue)
        let folder = sandbox.layout.version("a", version)
        #expect(try String(contentsOfFile: folder + "/adapter-0/adapter_model.safetensors", encoding: .utf8) == "one")
        let record = try #require(try context.ledger.history("a").first)
        #expect(record.kind == .automatic && record.who == "finetuned" && record.reason == "loss 1 → 0.5")
        #expect(context.problems.all().isEmpty)
        try service.pass()
        #expect(try context.ledger.history("a").count == 1, "a second pass promotes nothing again")
    }

    @Test func whatOnePersonAloneChoseWaitsForAPerson() throws {
        for (id, raters) in [("d-1", ["ann"]), ("d-2", ["ann", "bob"]), ("d-3", nil)] as [(DropID, [String]?)] {
            var drop = Drop(
                id: id, pipeline: "a", name: "\(id)", sha256: id.rawValue, bytes: 1, state: .received,
                receivedAt: Date())
            drop.raters = raters
            _ = try context.ledger.receive(drop)
        }
        func promotes(_ drops: [DropID], _ weights: String) throws -> Bool {
            let run = try judged("a", baseline: try served("a"), weights: weights)
            try context.ledger.amend(run.id) { $0.drops = drops }
            try service.pass()
            return try context.ledger.run(run.id)?.state == .promoted
        }
        #expect(try !promotes(["d-1"], "one"))
        #expect(try promotes(["d-1", "d-2"], "two"))
        #expect(try promotes(["d-1", "d-3"], "three"))
        try sandbox.pipeline("a", "base = \"tiny\"\n[feedback]\nsingle_rater = true\n")
        context.settings.replace(SettingsFolder.read(sandbox.layout))
        #expect(try promotes(["d-1"], "four"))
    }

    @Test func whatWasJudgedAgainstAnotherModelWaits() throws {
        let old = try judged("a", weights: "one")
        let new = try judged("a", weights: "two")
        try service.pass()
        #expect(try context.ledger.run(new.id)?.state == .promoted, "the newest is promoted")
        try service.pass()
        #expect(try context.ledger.run(old.id)?.state == .accepted, "the older was judged against the base")
        let failure = refusal { _ = try service.promote(old.id, who: "ann", reason: "I like it", force: false) }
        #expect(failure?.code == "promotion.not_passed" && failure?.message.contains("no longer") == true)
        let record = try service.promote(old.id, who: "ann", reason: "I like it", force: true)
        #expect(record.kind == .forced)
    }

    @Test func aManualPipelineWaitsForAPerson() throws {
        let run = try judged("b", weights: "one")
        try service.pass()
        #expect(try served("b") == nil && context.ledger.run(run.id)?.state == .accepted)
        let record = try service.promote(run.id, who: "ann", reason: "looked at it", force: false)
        #expect(record.kind == .manual && record.who == "ann" && record.reason == "looked at it")
        #expect(try served("b") == record.version && link("b") == record.version?.rawValue)
    }

    @Test(arguments: [RunState.rejected, .inconclusive])
    func whatDidNotPassIsServedByForceOnly(state: RunState) throws {
        let run = try judged("a", state, weights: "bad")
        try service.pass()
        #expect(try served("a") == nil)
        let failure = refusal { _ = try service.promote(run.id, who: "ann", reason: "r", force: false) }
        #expect(failure?.code == "promotion.not_passed" && failure?.remedy?.contains("--force") == true)
        #expect(try context.ledger.history("a").isEmpty)
        let record = try service.promote(run.id, who: "ann", reason: "we need it", force: true)
        #expect(record.kind == .forced && record.reason == "we need it")
        #expect(try context.ledger.run(run.id)?.state == .promoted)
    }

    @Test(arguments: [RunState.queued, .training, .evaluated, .failed, .cancelled, .delivered])
    func onlyAJudgedRunCanBePromoted(state: RunState) throws {
        let run = try judged("a", state, weights: "w")
        let failure = refusal { _ = try service.promote(run.id, who: "ann", reason: "r", force: true) }
        #expect(failure?.code == "run.transition")
        #expect(try context.ledger.history("a").isEmpty)
    }

    @Test func anUnknownRunIsRefused() {
        let failure = refusal { _ = try service.promote("r-999999", who: "ann", reason: "r", force: true) }
        #expect(failure?.code == "run.unknown")
    }

    @Test func aRollbackServesWhatWasServedBefore() throws {
        #expect(refusal { _ = try service.rollback("a", to: nil, who: "ann", reason: "r") }?.code == "rollback.nothing")
        _ = try judged("a", weights: "one")
        try service.pass()
        let first = try #require(try served("a"))
        _ = try judged("a", baseline: first, weights: "two")
        try service.pass()
        let second = try #require(try served("a"))
        let record = try service.rollback("a", to: nil, who: "ann", reason: "it rambles")
        #expect(record.kind == .rollback && record.version == first && record.previous == second)
        #expect(try served("a") == first && link("a") == first.rawValue)
        #expect(try service.rollback("a", to: second, who: "ann", reason: "after all").version == second)
        #expect(
            refusal { _ = try service.rollback("a", to: "v-none", who: "ann", reason: "r") }?.code == "version.unknown")
        try FileManager.default.removeItem(atPath: sandbox.layout.version("a", first))
        #expect(
            refusal { _ = try service.rollback("a", to: first, who: "ann", reason: "r") }?.code == "version.removed")
        #expect(try served("a") == second)
    }

    @Test func aRollbackPastTheFirstVersionServesTheBase() throws {
        _ = try judged("a", weights: "one")
        try service.pass()
        #expect(try service.rollback("a", to: nil, who: "ann", reason: "r").version == nil)
        #expect(link("a") == nil)
    }

    @Test func aCanaryRollsBackOnlyWhatIsStillServed() throws {
        _ = try judged("a", weights: "one")
        try service.pass()
        let first = try #require(try served("a"))
        try service.rollBackCanary("a", version: "v-other", reason: "status 3")
        #expect(try served("a") == first)
        try service.rollBackCanary("a", version: first, reason: "status 3")
        let record = try #require(try context.ledger.history("a").first)
        #expect(record.kind == .canaryRollback && record.version == nil && record.reason == "status 3")
        #expect(link("a") == nil)
    }

    @Test func theChainHoldsOverEveryKindOfRecord() throws {
        _ = try judged("a", weights: "one")
        try service.pass()
        let forced = try judged("a", .rejected, weights: "two")
        _ = try service.promote(forced.id, who: "ann", reason: "r", force: true)
        _ = try service.rollback("a", to: nil, who: "ann", reason: "r")
        let answer = try context.ledger.verify("a")
        #expect(answer.intact && answer.records == 3)
        #expect(try context.ledger.history("a").map(\.kind) == [.rollback, .forced, .automatic])
    }

    /// What passed waits for its pipeline to come back; once its files are gone, as after `retire`, nothing waits.
    @Test func aPipelineThatIsGoneIsNamedWhileItsRunCouldBePromoted() throws {
        let run = try judged("a", weights: "one")
        var settings = context.settings.now
        settings.pipelines.removeAll { $0.name == "a" }
        context.settings.replace(settings)
        try service.pass()
        #expect(context.problems.all().map(\.code) == ["pipeline.gone"])
        try context.ledger.clear(.run, run.id.rawValue)
        try service.pass()
        #expect(context.problems.all().isEmpty)
        #expect(try context.ledger.run(run.id)?.state == .accepted)
    }

    @Test func oneFaultHoldsUpNoOtherPipeline() throws {
        let broken = try judged("a", weights: "one")
        try Data("changed".utf8).write(
            to: URL(filePath: try #require(broken.adapter).path + "/adapter_model.safetensors"))
        let sound = try judged("c", weights: "two")
        try service.pass()
        #expect(try context.ledger.run(broken.id)?.state == .accepted && served("a") == nil)
        #expect(try context.ledger.run(sound.id)?.state == .promoted)
        #expect(context.problems.all().map(\.code) == ["promotion.changed"])
        try Data("one".utf8).write(to: URL(filePath: try #require(broken.adapter).path + "/adapter_model.safetensors"))
        try service.pass()
        #expect(try served("a") != nil && context.problems.all().isEmpty, "mended, it goes on")
    }

    @Test func theLinkFollowsTheRecordAfterACrashBetweenThem() throws {
        _ = try judged("a", weights: "one")
        try service.pass()
        let version = try #require(try served("a")).rawValue
        try FileManager.default.removeItem(atPath: sandbox.layout.current("a"))
        try service.pass()
        #expect(link("a") == version)
        try AtomicFile.link(sandbox.layout.current("a"), to: "v-elsewhere")
        try service.pass()
        #expect(link("a") == version)
    }
}
