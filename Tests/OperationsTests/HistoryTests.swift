import ControlProtocol
import Foundation
import Judged
import Nouns
import OperationsScene
import Settings
import Testing

struct HistoryTests {
    /// Three records; the ledger gives them whole seconds, so that they may share one.
    private func scene() throws -> (OperationsScene, [PromotionRecord]) {
        let scene = try OperationsScene()
        let records = try (1...3).map { number in
            try scene.context.ledger.promote(
                "support", to: nil, run: nil, kind: .manual, who: "test", reason: "number \(number)"
            ).record
        }
        return (scene, records)
    }

    @Test func theNewestRecordComesFirst() throws {
        let (scene, records) = try scene()
        #expect(try scene.operations.pipelines.history("support") == records.reversed())
    }

    @Test func atATimeOnlyWhatWasServedThenIsListed() throws {
        let (scene, records) = try scene()
        let last = try #require(records.last)
        let now = HistoryQuery(at: last.at.addingTimeInterval(60))
        #expect(try scene.operations.pipelines.history("support", now) == [last])
        let atOnce = HistoryQuery(at: last.at)
        #expect(try scene.operations.pipelines.history("support", atOnce) == [last])
    }

    @Test func beforeTheFirstRecordNothingWasServed() throws {
        let (scene, records) = try scene()
        let before = HistoryQuery(at: try #require(records.first).at.addingTimeInterval(-1))
        #expect(try scene.operations.pipelines.history("support", before).isEmpty)
    }

    /// Figures of models that were judged by other settings are no course, so it is said.
    @Test func otherSettingsOfTheGatesAreNamed() throws {
        let scene = try OperationsScene("[gates]\nmax_new_tokens = 64\n")
        let ledger = scene.context.ledger
        let first = try scene.queue()
        for (version, limit) in [("v-1", 64), ("v-2", 64), ("v-3", 160)] {
            try scene.sandbox.pipeline("support", "base = \"tiny\"\n[gates]\nmax_new_tokens = \(limit)\n")
            scene.context.settings.replace(SettingsFolder.read(scene.sandbox.layout))
            let pipeline = try #require(scene.context.settings.pipeline("support"))
            let settings = try FrozenSettings.freeze(pipeline, scene.context)
            let queued = try ledger.queue(taking: []) { id in
                var run = first
                (run.id, run.settings) = (id, settings)
                return run
            }
            let run = try #require(queued)
            let id = VersionID(version)
            try ledger.add(
                ModelVersion(
                    id: id, pipeline: "support", run: run.id, base: "tiny", baseDigest: "d", adapters: [],
                    snapshot: run.snapshot, recipe: Recipe(), createdAt: Date(), code: "c", machine: "m"))
            _ = try ledger.promote("support", to: id, run: nil, kind: .manual, who: "ada", reason: "good")
        }
        let said = try scene.operations.pipelines.history("support").map { $0.standing ?? "" }
        #expect(said[0].contains("judged otherwise than r-000003: gates.max_new_tokens 64 → 160"), "\(said)")
        #expect(!said[1].contains("judged otherwise") && !said[2].contains("judged otherwise"), "\(said)")
    }

    @Test func theChainOfWhatWasServedIsVerified() throws {
        let (scene, _) = try scene()
        #expect(try scene.operations.pipelines.verify("support") == VerifyAnswer(records: 3, intact: true))
    }
}
