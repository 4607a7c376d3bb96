import Foundation
import GRDB
import Nouns
import TestSupport
import Testing

@testable import Ledger

/// The invariants that the database keeps whatever the stages do.
struct LedgerTests {
    let sandbox: Sandbox
    let ledger: Ledger

    init() throws {
        sandbox = try Sandbox()
        ledger = try Ledger(path: sandbox.layout.ledger)
        try ledger.add(
            BaseCard(
                id: "tiny", architecture: "llama", parameters: 1, quantisation: [:], contextLength: 1, layers: 1,
                width: 1, vocabulary: 1,
                tokenizer: "t", tokenizerDigest: "d", format: "gguf", digest: "abc", trainingMemoryBytes: 1))
    }

    func drop(_ id: DropID, sha256: String? = nil) -> Drop {
        Drop(
            id: id, pipeline: "p", name: "\(id).jsonl", sha256: sha256 ?? id.rawValue, bytes: 1, state: .received,
            receivedAt: Date(timeIntervalSince1970: 1000))
    }

    func queue(taking drops: [DropID] = []) throws -> Run? {
        let snapshot = Snapshot(
            id: "s", pipeline: "p", createdAt: Date(timeIntervalSince1970: 1), drops: drops, files: [:], rows: [:])
        try ledger.add(snapshot)
        return try ledger.queue(taking: drops) { id in
            Run(
                id: id, pipeline: "p", mode: .fromBase, base: "tiny", snapshot: "s", drops: drops, recipe: Recipe(),
                createdAt: Date(timeIntervalSince1970: 1), requestedBy: "test")
        }
    }

    func version(_ run: Run, _ id: VersionID) -> ModelVersion {
        ModelVersion(
            id: id, pipeline: run.pipeline, run: run.id, base: run.base, baseDigest: "abc", adapters: [],
            snapshot: run.snapshot, recipe: run.recipe,
            createdAt: Date(timeIntervalSince1970: 1), code: "c", machine: "m")
    }

    /// A run that has been judged.
    func judged(_ state: RunState) throws -> Run {
        let run = try #require(try queue())
        for event in RunEvent.path(to: state) { _ = try ledger.apply(run.id, event) }
        return try #require(try ledger.run(run.id))
    }

    @Test func theSameBytesAreOneDrop() throws {
        #expect(try ledger.receive(drop("d-1")).state == .received)
        #expect(try ledger.receive(drop("d-1")).state == .received, "recording again changes nothing")
        let second = try ledger.receive(drop("d-2", sha256: "d-1"))
        #expect(second.state == .duplicate)
        #expect(second.note == "the same bytes as d-1")
        #expect(try ledger.drops(in: .received).count == 1)
    }

    @Test func theSameBytesReadByOtherSettingsAreAnotherDrop() throws {
        var (first, second) = (drop("d-1"), drop("d-2", sha256: "d-1"))
        (first.reading, second.reading) = ("one", "other")
        #expect(try ledger.receive(first).state == .received)
        #expect(try ledger.receive(second).state == .received)
        var third = drop("d-3", sha256: "d-1")
        third.reading = "other"
        #expect(try ledger.receive(third).note == "the same bytes as d-2")
        // The settings were changed back before it was read.
        second.reading = "one"
        #expect(try ledger.receiveAgain(second).note == "the same bytes as d-1")
        // One of before the settings were noted says nothing of how it was read.
        #expect(try ledger.receive(drop("d-4", sha256: "d-5")).state == .received)
        var noted = drop("d-6", sha256: "d-5")
        noted.reading = "one"
        #expect(try ledger.receive(noted).state == .received)
    }

    @Test func rowsAndStateAreStoredTogetherOrNotAtAll() throws {
        let first = try ledger.receive(drop("d-1"))
        var batch = DatasetBatch()
        batch.rows = [DatasetRow(id: "r1", line: 1, split: .train)]
        try ledger.store(first, batch, shards: [.train: FileReference(path: "x", sha256: "y", bytes: 1, rows: 1)])
        let second = try ledger.receive(drop("d-2"))
        #expect(throws: (any Error).self) {
            var batch = DatasetBatch()
            batch.rows = [DatasetRow(id: "r2", line: 1, split: .gate), DatasetRow(id: "r1", line: 2, split: .train)]
            try ledger.store(second, batch, shards: [:])
        }
        #expect(try ledger.drop("d-2")?.state == .received)
        #expect(try ledger.rowCounts("p") == [.train: 1])
        #expect(try ledger.known(["r1", "r2"], in: "p") == ["r1"])
    }

    @Test func aDropIsTakenByOneRunOnly() throws {
        for id in ["d-1", "d-2"] as [DropID] {
            try ledger.store(try ledger.receive(drop(id)), DatasetBatch(), shards: [:])
        }
        #expect(try ledger.storedDrops("p").filter { !$0.isTried }.map(\.id) == ["d-1", "d-2"])
        #expect(try queue(taking: ["d-2"])?.id == "r-000001")
        #expect(try queue(taking: ["d-1", "d-2"]) == nil)
        #expect(try ledger.storedDrops("p").filter { !$0.isTried }.map(\.id) == ["d-1"], "a refused run takes nothing")
        #expect(try queue(taking: ["d-1"])?.id == "r-000002")
    }

    @Test(arguments: RunEvent.samples.keys.sorted())
    func theLifeCycleIsKept(name: String) throws {
        let run = try #require(try queue())
        let event = try #require(RunEvent.samples[name])
        if let next = RunLife.next(.queued, event) {
            let change = try ledger.apply(run.id, event)
            #expect(change.run.state == next)
            #expect(change.effects == RunLife.effects(event, change.run))
            let last = try #require(try ledger.transitions(run.id).last)
            #expect(last.state == next && last.message == RunLife.note(event))
        } else {
            #expect { try ledger.apply(run.id, event) } throws: { ($0 as? Failure)?.code == "run.transition" }
            #expect(try ledger.transitions(run.id).map(\.state) == [.queued])
        }
        #expect(try ledger.run(run.id)?.state == RunLife.next(.queued, event) ?? .queued)
    }

    @Test func whoComesSecondIsRefused() throws {
        let run = try #require(try queue())
        _ = try ledger.apply(run.id, .workerStarted(resumes: false))
        #expect { try ledger.apply(run.id, .workerStarted(resumes: false)) } throws: {
            ($0 as? Failure)?.code == "run.transition"
        }
        #expect(try ledger.transitions(run.id).map(\.state) == [.queued, .training])
    }

    @Test func promotionsAreAChain() throws {
        for number in 1...3 {
            let run = try judged(.accepted)
            try ledger.add(version(run, VersionID("v-\(number)")))
            let (record, change) = try ledger.promote(
                "p", to: VersionID("v-\(number)"), run: run.id, kind: .automatic, who: "finetuned", reason: "better")
            #expect(record.previous == (number > 1 ? VersionID("v-\(number - 1)") : nil))
            #expect(try ledger.run(run.id)?.state == .promoted)
            #expect(try change?.run == ledger.run(run.id))
            #expect {
                try ledger.promote(
                    "p", to: VersionID("v-\(number)"), run: run.id, kind: .manual, who: "x", reason: "again")
            } throws: {
                ($0 as? Failure)?.code == "run.transition"
            }
        }
        #expect(try ledger.served("p")?.version == "v-3")
        #expect(try ledger.verify("p") == VerifyAnswer(records: 3, intact: true))
        // Nobody can change or remove a record, not even with SQL; who takes the trigger away is found out by the
        // chain.
        #expect(throws: (any Error).self) { try ledger.write { try $0.execute(sql: "DELETE FROM promotion") } }
        #expect(throws: (any Error).self) {
            try ledger.write { try $0.execute(sql: "UPDATE promotion SET body = '{}'") }
        }
        try ledger.write { db in
            try db.execute(sql: "DROP TRIGGER promotion_is_final")
            try db.execute(sql: "UPDATE promotion SET body = replace(body, 'better', 'bribed') WHERE sequence = 2")
        }
        #expect(try ledger.verify("p") == VerifyAnswer(records: 3, intact: false, firstBroken: 2))
    }

    @Test func aBaseInUseIsNotRemoved() throws {
        _ = try queue()
        #expect { try ledger.removeBase("tiny") } throws: { ($0 as? Failure)?.code == "base.in_use" }
    }

    @Test func eachEventIsToldOnceToEachTarget() throws {
        let rejected = try judged(.rejected)
        let accepted = try judged(.accepted)
        try ledger.add(version(accepted, "v-1"))
        _ = try ledger.promote("p", to: "v-1", run: accepted.id, kind: .manual, who: "me", reason: "why not")
        _ = try ledger.promote("p", to: nil, run: nil, kind: .rollback, who: "me", reason: "worse")
        let collect = {
            try ledger.collectNotifications(folder: { "/models/\($0)/\($1)" }) { _, kind in
                switch kind {
                case .promoted: ["program", "webhook"]
                case .accepted: []
                default: ["webhook"]
                }
            }
        }
        #expect(try collect() == 4)
        #expect(try collect() == 0)
        let due = try ledger.dueNotifications(at: Date())
        #expect(due.map(\.event.type) == [.rejected, .promoted, .promoted, .rolledBack])
        #expect(due.first?.event.data.run == rejected.id)
        #expect(due[1].event.data.path == "/models/p/v-1")
        #expect(due[1].event.id == due[2].event.id)
        try ledger.settle(due[0], told: true, answer: "200", next: nil)
        try ledger.settle(due[1], told: false, answer: "500", next: Date().addingTimeInterval(60))
        try ledger.settle(due[2], told: false, answer: "410", next: nil)
        #expect(try ledger.dueNotifications(at: Date()).map(\.event.type) == [.rolledBack])
        let later = try ledger.dueNotifications(at: Date().addingTimeInterval(61))
        #expect(later.map(\.attempts) == [1, 0])
    }

    @Test func versionsCarryNotesTagsAndAliases() throws {
        let run = try judged(.accepted)
        try ledger.add(version(run, "v-1"))
        #expect(
            try ledger.annotate("v-1", notes: "good with dates", tags: ["team": "ops", "gone": nil]).tags == [
                "team": "ops"
            ])
        #expect(try ledger.version("v-1")?.notes == "good with dates")
        try ledger.setAlias("stable", of: "p", to: "v-1", who: "me")
        #expect(try ledger.aliases("p") == ["stable": "v-1"])
        #expect(throws: Failure.self) { try ledger.setAlias("current", of: "p", to: "v-1", who: "me") }
        #expect(throws: Failure.self) { try ledger.setAlias("stable", of: "other", to: "v-1", who: "me") }
        try ledger.setAlias("stable", of: "p", to: nil, who: "me")
        #expect(try ledger.aliases("p").isEmpty)
    }

    @Test func aDamagedLedgerSaysSo() throws {
        let path = sandbox.root + "/broken.sqlite"
        try Data(repeating: 7, count: 8192).write(to: URL(filePath: path))
        #expect { try Ledger(path: path) } throws: { error in
            (error as? Failure)?.code == "ledger.unusable" && (error as? Failure)?.place == path
        }
    }

    // MARK: - Tasks that are cancelled

    /// Counts for ever.
    private static let endless =
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT COUNT(*) FROM n"

    /// The outcome of work in a task that is cancelled while it works.
    private func cancelled<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async -> Result<
        Value, any Error
    > {
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return try work()
        }
        task.cancel()
        return await task.result
    }

    @Test(.timeLimit(.minutes(10))) func longReadingEndsWithItsTask() async throws {
        let ledger = ledger
        let outcome = await cancelled { try ledger.read { try Int.fetchOne($0, sql: Self.endless) } }
        #expect(throws: CancellationError.self) { try outcome.get() }
        #expect(try ledger.bases().count == 1, "the connection is as it was")
    }

    @Test(.timeLimit(.minutes(10))) func whatMayBeCancelledIsTakenBackAsAWhole() async throws {
        let ledger = ledger
        _ = try ledger.receive(drop("d-1"))
        let outcome = await cancelled {
            try ledger.writeUnlessCancelled { db in
                try db.execute(sql: "DELETE FROM drop_file")
                _ = try Int.fetchOne(db, sql: Self.endless)
            }
        }
        #expect(throws: CancellationError.self) { try outcome.get() }
        #expect(try ledger.drop("d-1") != nil)
        // A worker's end is recorded in a task that is cancelled.
        let written = await cancelled {
            try ledger.write { db in
                try Int.fetchOne(
                    db,
                    sql: """
                        WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 300000)
                        SELECT COUNT(*) FROM n
                        """)
            }
        }
        #expect(try written.get() == 300_000, "all other writing is carried through")
    }

    @Test func unfinishedRowsAreForgottenHoweverManyTheyAre() throws {
        let (one, other) = (try ledger.receive(drop("d-1")), try ledger.receive(drop("d-2")))
        var batch = DatasetBatch()
        batch.rows = (0..<20_000).map { DatasetRow(id: RowID("r\($0)"), line: $0 + 1, split: .train) }
        batch.duplicates = [(RowID("r0"), 30_000)]
        try ledger.add(batch, of: one)
        var kept = DatasetBatch()
        kept.rows = [DatasetRow(id: "kept", line: 1, split: .train)]
        try ledger.add(kept, of: other)
        try ledger.forgetUnfinished("d-1")
        #expect(try ledger.known(batch.rows.map(\.id) + ["kept"], in: "p") == ["kept"])
    }
}
