import Foundation
import Judged
import Ledger
import Nouns
import Platform
import Testing

@testable import Scheduling

/// What the gates could not decide on is what the next run goes on from.
struct UnprovenTests {
    private let scene: LineageTests
    private var ledger: Ledger { scene.context.ledger }

    init() throws { scene = try LineageTests() }

    /// A run that the gates could not decide on, with what validation rows said.
    @discardableResult
    private func undecided(_ run: Run, goesOn: Bool = true) throws -> VersionID {
        try scene.bring(run, to: .inconclusive)
        try judged(run, .inconclusive, goesOn: goesOn)
        let trained = try #require(try ledger.run(run.id))
        return try #require(try scene.context.versionID(of: trained))
    }

    private func judged(_ run: Run, _ outcome: Verdict.Outcome, goesOn: Bool = true) throws {
        let served = try ledger.served("p")?.version
        try ledger.amend(run.id) {
            $0.verdict?.outcome = outcome
            $0.verdict?.baseline = served
            $0.verdict?.continuation = Continuation(
                goesOn: goesOn, metric: .accuracy, rows: 9, explanation: "accuracy 0.7 against 0.6")
        }
    }

    /// What the promotion stage does when it is woken: the version and its files.
    private func make(_ id: RunID) throws -> VersionID {
        let run = try #require(try ledger.run(id))
        let version = try #require(try scene.context.versionID(of: run))
        try ledger.add(
            ModelVersion(
                id: version, pipeline: "p", run: id, base: "tiny", baseDigest: "abc",
                adapters: [try #require(run.adapter)], parent: run.parent, snapshot: run.snapshot, recipe: run.recipe,
                createdAt: Date(), code: "c", machine: "m"))
        try AtomicFile.makeFolder(scene.context.layout.version("p", version))
        try AtomicFile.write(Data("{}".utf8), to: scene.context.layout.versionRecord("p", version))
        return version
    }

    /// A promoted first run of `d-1`.
    private func begun(_ more: String = "") throws -> VersionID {
        try scene.settings("unproven = 2\n" + more)
        try scene.store("d-1")
        return try scene.promote(try #require(try scene.queued()))
    }

    @Test func theNextRunGoesOnFromItAndLearnsTheNewRowsAlone() throws {
        let served = try begun("[gates]\nstream = false\n")
        try scene.store("d-2")
        let second = try #require(try scene.queued())
        try undecided(second)
        try scene.store("d-3")
        #expect(try scene.queued() == nil, "its files are not there yet")
        #expect(scene.service.activity["p"] == SchedulingService.making)
        let version = try make(second.id)
        let third = try #require(try scene.queued())
        #expect(third.mode == .continued && third.parent == version && third.drops == ["d-3"])
        #expect(third.notes?["start"]?.contains("unproven, 1 of 2") == true)
        let counts = Dictionary(grouping: try scene.trainRows(third), by: \.drop).mapValues(\.count)
        #expect(counts["d-3"] == 20 && (counts["d-1"] ?? 0) + (counts["d-2"] ?? 0) == 10, "a day costs a day's rows")
        // The lineage of what comes of it has the rows of both.
        let passed = try scene.promote(third)
        #expect(try ledger.learnedDrops(passed) == ["d-1", "d-2", "d-3"])
        #expect(try ledger.lineage(passed).map(\.version.id) == [passed, version, served])
        #expect(try scene.queued() == nil)
        #expect(scene.service.activity["p"] == "up to date with its data")
    }

    @Test func whatValidationRowsSpeakAgainstIsNotGoneOnFrom() throws {
        let served = try begun()
        try scene.store("d-2")
        try undecided(try #require(try scene.queued()), goesOn: false)
        try scene.store("d-3")
        let third = try #require(try scene.queued())
        #expect(third.parent == served && third.drops == ["d-2", "d-3"])
    }

    @Test func aChainEndsAtItsLength() throws {
        let served = try begun("[gates]\nstream = false\n")
        for drop in ["d-2", "d-3"] as [DropID] {
            try scene.store(drop)
            let run = try #require(try scene.queued())
            try undecided(run)
            _ = try make(run.id)
        }
        try scene.store("d-4")
        let next = try #require(try scene.queued())
        #expect(try #require(try UnprovenChain.of("p", scene.context)).length == 2)
        #expect(next.parent != served && next.drops == ["d-4"], "two may be gone on from")
        try undecided(next)
        _ = try make(next.id)
        try scene.store("d-5")
        let fresh = try #require(try scene.queued())
        #expect(fresh.parent == served && fresh.drops == ["d-2", "d-3", "d-4", "d-5"], "nothing is thrown away")
    }

    @Test func aChainIsOverWhenAnotherVersionIsServedOrARowIsWithdrawn() throws {
        let served = try begun("[gates]\nstream = false\n")
        try scene.store("d-2")
        let second = try #require(try scene.queued())
        try undecided(second)
        let version = try make(second.id)
        #expect(try UnprovenChain.of("p", scene.context)?.version == version)
        try scene.store("d-3")
        let third = try #require(try scene.queued())
        try undecided(third)
        _ = try ledger.revoke("d-3", kept: [], shards: [], who: "eva", reason: "wrong")
        #expect(try UnprovenChain.of("p", scene.context)?.version == version, "its own rows are all there")
        _ = try ledger.promote("p", to: nil, run: nil, kind: .rollback, who: "eva", reason: "r")
        #expect(try UnprovenChain.of("p", scene.context) == nil)
        _ = try ledger.promote("p", to: served, run: nil, kind: .rollback, who: "eva", reason: "r")
        #expect(try UnprovenChain.of("p", scene.context)?.version == version, "the same is served again")
    }

    @Test func beforeAnythingIsServedTheFirstRunIsGoneOnFrom() throws {
        try scene.store("d-1")
        let first = try #require(try scene.queued())
        try undecided(first)
        let version = try make(first.id)
        try scene.store("d-2")
        let second = try #require(try scene.queued())
        #expect(second.mode == .continued && second.parent == version && second.drops == ["d-2"])
        #expect(second.judgesAgain == nil, "over the base the next run has all rows")
    }

    @Test func theNewestIsJudgedAgainAsGateRowsCome() throws {
        let served = try begun()
        try scene.store("d-2")
        let second = try #require(try scene.queued())
        try undecided(second)
        let version = try make(second.id)
        #expect(try scene.queued() == nil, "no gate row came")
        try scene.store("d-3")
        let again = try #require(try scene.queued())
        #expect(again.state == .trained && again.judgesAgain == second.id && again.parent == served)
        let training = try ledger.run(second.id)?.training
        #expect(again.drops == second.drops && again.training == training)
        let (before, now) = (
            try #require(try ledger.snapshot(second.snapshot)), try #require(try ledger.snapshot(again.snapshot))
        )
        #expect(now.files[.train] == before.files[.train] && now.trained == before.trained)
        #expect(before.rows[.gate] == 10 && now.rows[.gate] == 15)
        // Undecided again: its new rows are learnt from where it is.
        for event in RunEvent.path(to: .inconclusive).dropFirst(2) { _ = try ledger.apply(again.id, event) }
        try judged(again, .inconclusive)
        let third = try #require(try scene.queued())
        #expect(third.parent == version && third.drops == ["d-3"] && third.judgesAgain == nil)
        try scene.bring(third, to: .rejected)
        // Gate rows fail it: it is not gone on from any more.
        try scene.store("d-4")
        let last = try #require(try scene.queued())
        #expect(last.judgesAgain == second.id)
        for event in RunEvent.path(to: .rejected).dropFirst(2) { _ = try ledger.apply(last.id, event) }
        #expect(try UnprovenChain.of("p", scene.context) == nil)
        #expect(try #require(try scene.queued()).parent == served)
    }

    @Test func triesGrowWithTheLogarithmOfTheRows() {
        #expect(
            !SchedulingRules.judgesAgain(judged: 100, now: 100) && !SchedulingRules.judgesAgain(judged: 100, now: 109))
        #expect(SchedulingRules.judgesAgain(judged: 100, now: 110) && SchedulingRules.judgesAgain(judged: 5, now: 6))
    }
}
