import Foundation
import Judged
import Ledger
import Logging
import Nouns
import Platform
import RowFiles
import Settings
import StageKit
import TestSupport
import Testing

@testable import Scheduling

/// What a run learns from follows from what is served, not from which runs there were.
struct LineageTests {
    let sandbox: Sandbox
    let context: StageContext
    let service: SchedulingService

    init() throws {
        sandbox = try Sandbox()
        try Self.pipeline(sandbox, "")
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        context = StageContext(
            layout: sandbox.layout, ledger: try Ledger(path: sandbox.layout.ledger),
            settings: LiveSettings(SettingsFolder.read(sandbox.layout)), logger: logger)
        service = SchedulingService(context)
        try context.ledger.add(
            BaseCard(
                id: "tiny", architecture: "llama", parameters: 1, quantisation: [:], contextLength: 1, layers: 1,
                width: 1, vocabulary: 1,
                tokenizer: "t", tokenizerDigest: "d", format: "gguf", digest: "abc", trainingMemoryBytes: 1))
    }

    static func pipeline(_ sandbox: Sandbox, _ more: String) throws {
        try sandbox.pipeline(
            "p",
            """
            base = \"tiny\"\n[recipe]\nlearning_rate = 5e-4\n[trigger]\nsettle_seconds = \
            0\n[incremental]\nreplay_share = 0.5\n
            """
                + more)
    }

    func settings(_ more: String) throws {
        try Self.pipeline(sandbox, more)
        context.settings.replace(SettingsFolder.read(sandbox.layout))
    }

    /// A stored drop of 20 training and 5 gate rows; these are `again`'s where it is named, every other one of another
    /// class.
    func store(_ id: DropID, receivedAt: Date = Date(), raters: [String]? = nil, again: DropID? = nil) throws {
        let folder = sandbox.layout.shards("p")
        try AtomicFile.makeFolder(folder)
        var batch = DatasetBatch()
        var shards: [Split: FileReference] = [:]
        for (split, count) in [(Split.train, 20), (.gate, 5)] {
            let writer = try ShardWriter(folder: folder)
            for index in 0..<count {
                let asked = split == .gate ? again ?? id : id
                let label = "c\((asked == id || index % 2 == 1 ? index : index + 1) % 3)"
                let row = Row(
                    id: RowID("\(id)-\(split)-\(index)"),
                    content: .completion(prompt: "\(asked) \(split) \(index)", completion: label), split: split,
                    label: label, promptKey: "\(asked)\(split)\(index)", drop: id, line: index + 1)
                try writer.write(row)
                batch.rows.append(
                    DatasetRow(
                        id: row.id, line: row.line, split: split, label: row.label, promptKey: row.promptKey,
                        answerKey: label))
            }
            shards[split] = try writer.finish()
        }
        var received = Drop(
            id: id, pipeline: "p", name: "\(id)", sha256: id.rawValue, bytes: 1, state: .received,
            receivedAt: receivedAt)
        received.raters = raters
        let drop = try context.ledger.receive(received)
        try context.ledger.store(drop, batch, shards: shards)
        try context.ledger.markIndexed([id])
    }

    /// The run that one pass queues, or nil.
    func queued() throws -> Run? {
        let before = Set(try context.ledger.runs().map(\.id))
        _ = try service.pass()
        return try context.ledger.runs().first { !before.contains($0.id) }
    }

    func bring(_ run: Run, to state: RunState) throws {
        for event in RunEvent.path(to: state) { _ = try context.ledger.apply(run.id, event) }
    }

    /// Judges a run as passed and serves it.
    func promote(_ run: Run) throws -> VersionID {
        try bring(run, to: .accepted)
        let id = VersionID("v-\(run.id)")
        try context.ledger.add(
            ModelVersion(
                id: id, pipeline: "p", run: run.id, base: "tiny", baseDigest: "abc", adapters: [], parent: run.parent,
                snapshot: run.snapshot,
                recipe: run.recipe, createdAt: Date(), code: "c", machine: "m"))
        _ = try context.ledger.promote("p", to: id, run: run.id, kind: .automatic, who: "t", reason: "r")
        return id
    }

    func trainRows(_ run: Run) throws -> [Row] {
        var rows: [Row] = []
        for file in try #require(try context.ledger.snapshot(run.snapshot)).files[.train] ?? [] {
            try RowFile.read(file.path) { rows.append($0) }
        }
        return rows
    }

    /// Rows on the gate's side that were chosen by rating answers are judged on by themselves.
    @Test func rowsOfFeedbackAreASetOfTheirOwn() throws {
        try store("d-1")
        try store("d-2", raters: ["ann"])
        let run = try #require(try queued())
        let snapshot = try #require(try context.ledger.snapshot(run.snapshot))
        #expect(snapshot.files[.gate]?.map(\.rows) == [5] && snapshot.feedback?.map(\.rows) == [5])
        #expect(snapshot.files[.train]?.map(\.rows) == [20, 20] && snapshot.drops == ["d-1", "d-2"])
        #expect(snapshot.files[.gate] != snapshot.feedback)
        let sets = try GateModels.setup(run, context).sets
        #expect(sets.first { $0.set.name == .feedback }?.set.files == snapshot.feedback)
        #expect(sets.first { $0.set.name == .gate }?.set.files == snapshot.files[.gate])
    }

    @Test(arguments: [RunState.failed, .cancelled, .rejected])
    func whatARunDidNotBringToTheServedModelGoesIntoTheNext(ending: RunState) throws {
        try store("d-1")
        let first = try #require(try queued())
        #expect(first.mode == .fromBase && first.drops == ["d-1"])
        _ = try promote(first)
        try store("d-2")
        let second = try #require(try queued())
        #expect(second.mode == .continued && second.drops == ["d-2"])
        try bring(second, to: ending)
        #expect(try queued() == nil, "the same rows alone are not tried again and again")
        #expect(service.activity["p"]?.contains("20 rows left to learn") == true)
        try store("d-3")
        let third = try #require(try queued())
        #expect(third.mode == .continued && third.drops == ["d-2", "d-3"])
        let rows = try trainRows(third)
        let counts = Dictionary(grouping: rows, by: \.drop).mapValues(\.count)
        #expect(counts["d-2"] == 20 && counts["d-3"] == 20)
        #expect(counts["d-1"] == 20, "replay: half of the new rows, from what is learnt")
        let version = try promote(third)
        #expect(try context.ledger.learnedDrops(version) == ["d-1", "d-2", "d-3"])
        #expect(try queued() == nil)
        #expect(service.activity["p"] == "up to date with its data")
    }

    @Test func aRollbackMakesRowsNewAgain() throws {
        try store("d-1")
        let one = try promote(try #require(try queued()))
        try store("d-2")
        _ = try promote(try #require(try queued()))
        _ = try context.ledger.promote("p", to: one, run: nil, kind: .rollback, who: "t", reason: "r")
        try store("d-3")
        #expect(try #require(try queued()).drops == ["d-2", "d-3"])
    }

    @Test func aFailedFirstRunLosesNothing() throws {
        try store("d-1")
        try bring(try #require(try queued()), to: .failed)
        try store("d-2")
        let run = try #require(try queued())
        let learnt = Set(try trainRows(run).map(\.drop))
        #expect(run.mode == .fromBase && learnt == ["d-1", "d-2"])
    }

    @Test func aPersonMayAskForTheRowsThatAreLeft() throws {
        try store("d-1")
        _ = try promote(try #require(try queued()))
        try store("d-2")
        try bring(try #require(try queued()), to: .cancelled)
        let run = try service.request("p", mode: nil, by: "eva", reason: "again")
        #expect(run.mode == .continued && run.drops == ["d-2"])
        _ = try promote(run)
        #expect(
            try service.request("p", mode: .continued, by: "eva", reason: "more").mode == .fromBase,
            "nothing new: all is learnt again")
    }

    @Test func replayIsSpreadOverLabels() throws {
        try store("d-1")
        _ = try promote(try #require(try queued()))
        try store("d-2")
        let run = try #require(try queued())
        let replay = Dictionary(grouping: try trainRows(run).filter { $0.drop == "d-1" }, by: \.label).mapValues(
            \.count)
        #expect(replay.values.reduce(0, +) == 10)
        #expect(replay.values.allSatisfy { (3...4).contains($0) } && replay.count == 3)
        #expect(
            try #require(try context.ledger.snapshot(run.snapshot)).files[.gate]?.count == 2,
            "the judge sees the whole dataset")
    }

    @Test func windowsLimitWhatIsLearnt() throws {
        let day = 86_400.0
        try store("d-1", receivedAt: Date().addingTimeInterval(-40 * day))
        try store("d-2", receivedAt: Date().addingTimeInterval(-20 * day))
        try store("d-3")
        try settings("window = \"days:30\"\n")
        let run = try #require(try queued())
        #expect(Set(try trainRows(run).map(\.drop)) == ["d-2", "d-3"])
        #expect(try #require(try context.ledger.snapshot(run.snapshot)).files[.gate]?.count == 3)
        let version = try promote(run)
        #expect(try context.ledger.learnedDrops(version) == ["d-2", "d-3"])
        try settings("window = \"drops:1\"\n")
        #expect(try queued() == nil, "what is out of the window is not waited for")
        try store("d-4")
        let next = try #require(try queued())
        let learnt = Set(try trainRows(next).map(\.drop))
        #expect(next.mode == .continued && learnt == ["d-4"])
    }

    @Test func afterEnoughContinuationsTheUnionCompetes() throws {
        try settings("from_base_every = 2\n")
        for id in ["d-1", "d-2", "d-3"] as [DropID] {
            try store(id)
            _ = try promote(try #require(try queued()))
        }
        let run = try #require(try queued())
        #expect(run.mode == .fromBase && run.parent == nil && run.priority == 40)
        #expect(Set(try trainRows(run).map(\.drop)) == ["d-1", "d-2", "d-3"])
        try bring(run, to: .rejected)
        #expect(try queued() == nil, "one that lost is not repeated at once")
        try store("d-4")
        #expect(try #require(try queued()).mode == .continued)
    }

    @Test func aNewAdapterOnTheServedModelIsAskedFor() throws {
        try settings("mode = \"stack\"\n")
        try store("d-1")
        let version = try promote(try #require(try queued()))
        try store("d-2")
        let run = try #require(try queued())
        #expect(run.mode == .stack && run.parent == version && run.recipe.learningRate == 5e-4)
    }
}

/// Where rows came from and what became of them, both ways; and what is left out of a snapshot.
extension LineageTests {
    @Test func lineageIsToldBothWays() throws {
        try store("d-1")
        let first = try promote(try #require(try queued()))
        try store("d-2")
        let run = try #require(try queued())
        let second = try promote(run)
        let replayed = try #require(try trainRows(run).first { $0.drop == "d-1" })

        let row = try context.ledger.dataLineage("d-1-train-0")
        #expect(row.kind == "row" && row.places == [.init(drop: "d-1", line: 1, split: .train, state: .stored)])
        #expect(row.versions == [first, second], "the second continues from the first")
        let both = try context.ledger.dataLineage(replayed.id.rawValue)
        #expect(both.snapshots.count == 2 && both.snapshots.allSatisfy { $0.splits == [.train] })
        let gate = try context.ledger.dataLineage("d-1-gate-0")
        #expect(
            gate.snapshots.count == 2 && gate.snapshots.allSatisfy { $0.splits == [.gate] } && gate.versions.isEmpty,
            "what judges trains nothing")
        #expect(gate.runs.count == 2)

        #expect(try context.ledger.dataLineage("d-2").versions == [second])
        #expect(try context.ledger.dataLineage(second.rawValue).drops == ["d-1", "d-2"])
        #expect(try context.ledger.dataLineage(second.rawValue).versions == [second, first])
        #expect(try context.ledger.dataLineage(run.id.rawValue).drops == ["d-2"])
        #expect(try context.ledger.dataLineage(run.snapshot.rawValue).versions == [second])
        #expect { try context.ledger.dataLineage("nothing") } throws: { ($0 as? Failure)?.code == "lineage.unknown" }
    }

    @Test func rowsKeptOutAreInNoSnapshot() throws {
        try store("d-1")
        let aside = (0..<4).map {
            SetAsideRow(
                id: RowID("d-1-train-\($0)"), reason: .nearDuplicateOfGate, drop: "d-1", line: $0 + 1,
                other: "d-1-gate-0", score: 0.9)
        }
        try context.ledger.add(aside, in: "p")
        let run = try #require(try queued())
        let rows = try trainRows(run)
        #expect(rows.count == 16 && !rows.contains { row in aside.contains { $0.id == row.id } })
        let snapshot = try #require(try context.ledger.snapshot(run.snapshot))
        #expect(
            snapshot.removed == ["near_duplicate_of_gate": 4] && snapshot.rows[.train] == 16
                && snapshot.rows[.gate] == 5)
        #expect(try context.ledger.dataLineage("d-1-train-0").snapshots.isEmpty)
        #expect(try context.ledger.dataLineage("d-1-train-7").snapshots.map(\.snapshot) == [run.snapshot])
        _ = try promote(run)
        try store("d-2")
        let next = try trainRows(try #require(try queued()))
        #expect(!next.contains { row in aside.contains { $0.id == row.id } }, "nor in replay")
    }

    @Test func theNewestOfSeveralLabelsJudges() throws {
        try store("d-1")
        try store("d-2", again: "d-1")
        let run = try #require(try queued())
        let snapshot = try #require(try context.ledger.snapshot(run.snapshot))
        var judging: [RowID] = []
        for file in snapshot.files[.gate] ?? [] { try RowFile.read(file.path) { judging.append($0.id) } }
        #expect(judging == ["d-1-gate-1", "d-1-gate-3"] + (0..<5).map { RowID("d-2-gate-\($0)") })
        #expect(snapshot.rows[.gate] == 7 && snapshot.rows[.train] == 40 && snapshot.removed == ["superseded": 3])
        #expect(try context.ledger.dataLineage("d-1-gate-0").snapshots.isEmpty)
        #expect(try context.ledger.dataLineage("d-1-gate-1").snapshots.map(\.snapshot) == [snapshot.id])
    }

    @Test func nothingIsQueuedBeforeTheRowsAreCompared() throws {
        try store("d-1")
        try context.ledger.forgetIndex("p")
        #expect(try queued() == nil)
        #expect { try service.request("p", mode: nil, by: "eva", reason: "r") } throws: {
            ($0 as? Failure)?.code == "pipeline.indexing"
        }
        try context.ledger.markIndexed(["d-1"])
        #expect(try queued() != nil)
    }
}
