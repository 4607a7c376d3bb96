import Foundation
import Ledger
import Nouns
import Settings
import TestSupport
import Testing

@testable import Judged

/// A run is judged and promoted by what its pipeline asked for when it was queued, whatever becomes of the files.
struct FrozenSettingsTests {
    static let impossible = "[[gates.rule]]\nmetric = \"loss\"\nmax = -1.0\n"

    /// A way in which somebody spoils a pipeline's file.
    enum Spoiling: CaseIterable {
        case damaged, mistyped, removed, renamed, weakened

        func spoil(_ scene: JudgedScene) throws {
            let file = scene.sandbox.layout.pipelineFile("tickets")
            switch self {
            case .damaged: try scene.sandbox.pipeline("tickets", "base = \"ti")
            case .mistyped: try scene.sandbox.pipeline("tickets", "base = \"tiny\"\n[[gates.rul]]\nmetric = \"loss\"\n")
            case .removed: try FileManager.default.removeItem(atPath: file)
            case .renamed:
                try FileManager.default.moveItem(
                    atPath: file, toPath: scene.sandbox.layout.pipelineFile("tickets-of-today"))
            case .weakened: try scene.sandbox.pipeline("tickets", "base = \"tiny\"\n")
            }
            scene.reload()
        }

        func mend(_ scene: JudgedScene, _ toml: String) throws {
            try? FileManager.default.removeItem(atPath: scene.sandbox.layout.pipelineFile("tickets-of-today"))
            try scene.sandbox.pipeline("tickets", "base = \"tiny\"\n" + toml)
            scene.reload()
        }
    }

    /// When it is spoilt.
    enum Moment: CaseIterable { case queued, training, evaluating, evaluated, judged }

    /// Takes a run from the queue to the served model, with the file spoilt at a moment and mended at the end.
    private func live(_ toml: String, _ spoiling: Spoiling, at moment: Moment) async throws -> (JudgedScene, Run) {
        let scene = try JudgedScene(toml)
        let run = try scene.queue()
        if moment == .queued { try spoiling.spoil(scene) }
        try await scene.work(run) { kind in
            if moment == .training, kind == .train { try spoiling.spoil(scene) }
            if moment == .evaluating, kind == .evaluate, scene.context.settings.pipeline("tickets") != nil {
                try spoiling.spoil(scene)
            }
        }
        if moment == .evaluated { try spoiling.spoil(scene) }
        try scene.judge()
        if moment == .judged { try spoiling.spoil(scene) }
        try scene.promote()
        try spoiling.mend(scene, toml)
        try scene.judge()
        try scene.promote()
        return (scene, try #require(try scene.context.ledger.run(run.id)))
    }

    @Test(arguments: Spoiling.allCases, Moment.allCases)
    func whatNothingCanMeetIsNeverPromoted(spoiling: Spoiling, moment: Moment) async throws {
        let (scene, run) = try await live(Self.impossible, spoiling, at: moment)
        #expect(run.state == .rejected, "\(run.cause?.description ?? "")")
        #expect(run.verdict?.gates.contains { $0.rule.contains("at most -1") && $0.outcome == .fail } == true)
        #expect(try scene.served == nil)
    }

    /// The same life with a rule that is met ends in a promotion: the test above can fail.
    @Test(arguments: [Spoiling.damaged, .removed], [Moment.training, .judged])
    func whatIsMetIsPromotedOnceTheFileIsMended(spoiling: Spoiling, moment: Moment) async throws {
        let (scene, run) = try await live(
            "[[gates.rule]]\nmetric = \"loss\"\nmax = 100.0\n", spoiling, at: moment)
        #expect(run.state == .promoted, "\(run.cause?.description ?? run.verdict?.summary ?? "")")
        #expect(try scene.served == run.version)
    }

    @Test func aRunWhosePipelineIsGoneIsJudgedAndWaits() async throws {
        let scene = try JudgedScene("")
        let run = try scene.queue()
        try await scene.work(run)
        try Spoiling.removed.spoil(scene)
        try scene.judge()
        try scene.promote()
        #expect(try scene.context.ledger.run(run.id)?.state == .accepted && scene.served == nil)
        let problems = scene.context.problems.all(prefix: "promotion:gone:")
        #expect(problems.map(\.code) == ["pipeline.gone"] && problems[0].place == run.id.rawValue)
        try Spoiling.removed.mend(scene, "")
        try scene.promote()
        #expect(try scene.context.ledger.run(run.id)?.state == .promoted)
        #expect(scene.context.problems.all().isEmpty)
    }

    @Test func theModeOfPromotionIsThatOfTheQueue() async throws {
        let scene = try JudgedScene("promote = \"manual\"\n")
        let run = try scene.queue()
        try await scene.work(run)
        try Spoiling.weakened.spoil(scene)
        #expect(scene.context.settings.pipeline("tickets")?.promote == .auto)
        try scene.judge()
        try scene.promote()
        #expect(try scene.context.ledger.run(run.id)?.state == .accepted && scene.served == nil)
    }

    @Test func goldenRowsAndSchemaAreThoseOfTheQueue() async throws {
        let scene = try JudgedScene("")
        let folder = scene.golden
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let file = folder + "/safety.jsonl"
        func golden(_ wanted: String) throws {
            try "{\"prompt\": \"say r\", \"assert\": {\"exact\": \"\(wanted)\"}}\n".write(
                toFile: file, atomically: true, encoding: .utf8)
        }
        try golden("something that no model says")
        let schema = scene.sandbox.root + "/schema.json"
        try "{\"type\": \"object\"}".write(toFile: schema, atomically: true, encoding: .utf8)
        try scene.sandbox.pipeline("tickets", "base = \"tiny\"\n[gates]\nanswer_schema = \"\(schema)\"\n")
        scene.reload()
        let run = try scene.queue()
        let frozen = try FrozenSettings.of(run, scene.context)
        #expect(frozen.golden.map(\.set) == ["golden-safety"] && frozen.schema == "{\"type\": \"object\"}")
        try await scene.work(run) { kind in
            if kind == .train { try "{ damaged".write(toFile: file, atomically: true, encoding: .utf8) }
            if kind == .evaluate { try? FileManager.default.removeItem(atPath: file) }
            try? FileManager.default.removeItem(atPath: schema)
        }
        try scene.judge()
        let judged = try #require(try scene.context.ledger.run(run.id))
        #expect(judged.state == .rejected, "\(judged.cause?.description ?? "")")
        #expect(judged.verdict?.gates.contains { $0.set == "golden-safety" && $0.outcome == .fail } == true)
    }

    @Test func changedGatesApplyToTheNextRunAndTheDigestTellsThemApart() throws {
        let scene = try JudgedScene(Self.impossible)
        let first = try scene.queue()
        try Spoiling.weakened.spoil(scene)
        let second = try scene.queue()
        #expect(first.settings != second.settings && first.settings?.count == 64)
        #expect(try FrozenSettings.of(first, scene.context).gates.rules.count == 1)
        #expect(try FrozenSettings.of(second, scene.context).gates.rules.isEmpty)
        try Spoiling.weakened.mend(scene, Self.impossible)
        #expect(try scene.queue().settings == first.settings, "the same settings are kept once")
    }

    @Test func aRunOfAnEarlierVersionTakesWhatIsInForceAndNeverDefaults() throws {
        let scene = try JudgedScene(Self.impossible)
        var run = try scene.queue()
        run.settings = nil
        try scene.context.ledger.amend(run.id) { $0.settings = nil }
        try Spoiling.removed.spoil(scene)
        #expect { try FrozenSettings.of(run, scene.context) } throws: { ($0 as? Failure)?.code == "pipeline.gone" }
        try Spoiling.removed.mend(scene, Self.impossible)
        #expect(try FrozenSettings.of(run, scene.context).gates.rules.count == 1)
        let kept = try #require(try scene.context.ledger.run(run.id)?.settings)
        #expect(try scene.context.ledger.frozenSettings(kept) != nil)
    }

    @Test func whatALaterVersionBringsHasItsDefault() throws {
        let scene = try JudgedScene(Self.impossible + "[gates]\nconfidence = 0.9\n")
        let run = try scene.queue()
        let digest = try #require(run.settings)
        let body = try #require(try scene.context.ledger.frozenSettings(digest))
        let older = body.replacing("\"requireImprovement\":true,", with: "").replacing(
            "\"minimumSliceRows\":20,", with: "")
        #expect(older.utf8.count < body.utf8.count - 30)
        #expect(try FrozenSettings.decode(Data(older.utf8)) == FrozenSettings.of(run, scene.context))
    }
}
