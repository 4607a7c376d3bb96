import Foundation
import GRDB
import Nouns
import TestSupport
import Testing

@testable import Ledger

/// What was written by an earlier version is found again by this one, and sides never move.
struct RowTableTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    private func drop(_ id: DropID, _ state: Drop.State) -> Drop {
        Drop(
            id: id, pipeline: "p", name: "\(id)", sha256: id.rawValue, bytes: 1, state: state,
            receivedAt: Date(timeIntervalSince1970: 1000))
    }

    /// A ledger as it was before rows had numbers: two rows of one prompt and one of another, a group, and the side of
    /// a withdrawn prompt.
    private func former() throws {
        let pool = try DatabasePool(path: sandbox.layout.ledger)
        try Upgrade(path: "", migrations: Array(Migration.all.prefix(7))).run(pool)
        try pool.write { db in
            for (id, state) in [("d-1", Drop.State.stored), ("d-2", .stored), ("d-0", .revoked)] {
                try db.execute(
                    sql:
                        """
                        INSERT INTO drop_file (id, pipeline, sha256, state, received_at, body) VALUES (?, 'p', ?, \
                        ?, 1, ?)
                        """,
                    arguments: [id, id, state.rawValue, try Ledger.body(drop(DropID(id), state))])
            }
            for (id, drop, line, split, prompt, answer) in [
                ("r1", "d-1", 1, "train", "k1", "a1"), ("r2", "d-2", 7, "train", "k1", "a2"),
                ("r3", "d-2", 8, "gate", "k2", "a1"),
            ] {
                try db.execute(
                    sql:
                        """
                        INSERT INTO dataset_row (pipeline, id, drop_id, line, split, label, prompt_key, \
                        answer_key) VALUES ('p', ?, ?, ?, ?, 'x', ?, ?)
                        """,
                    arguments: [id, drop, line, split, prompt, answer])
            }
            for (key, split) in [("p:k1", "train"), ("p:k2", "gate"), ("p:k0", "validation"), ("g:9", "gate")] {
                try db.execute(
                    sql: "INSERT INTO side (pipeline, key, split) VALUES ('p', ?, ?)", arguments: [key, split])
            }
            try db.execute(sql: "INSERT INTO duplicate_row (drop_id, line, pipeline, id) VALUES ('d-2', 9, 'p', 'r1')")
            try db.execute(
                sql:
                    """
                    INSERT INTO revoked_row (drop_id, line, pipeline, id, split) VALUES ('d-0', 3, 'p', 'r0', \
                    'validation')
                    """
            )
        }
        try pool.close()
    }

    private let sides = Sides(prompts: ["k0": .validation, "k1": .train, "k2": .gate], groups: ["9": .gate])

    private func sides(_ ledger: Ledger, in pipeline: PipelineName = "p") throws -> Sides {
        try ledger.sides(prompts: ["k0", "k1", "k2", "k3"], groups: ["9", "8"], in: pipeline)
    }

    @Test func aFormerLedgerIsTakenOver() throws {
        try former()
        let ledger = try Ledger(path: sandbox.layout.ledger)
        #expect(try ledger.known(["r1", "r2", "r3", "r0"], in: "p") == ["r1", "r2", "r3"])
        #expect(try sides(ledger) == sides)
        #expect(try sides(ledger, in: "other") == Sides())
        let place = try #require(try ledger.place(of: "r3", in: "p"))
        #expect(place == ("d-2", 8))
        let contradictions = try ledger.contradictions("p")
        #expect(contradictions.prompts == 1 && contradictions.rows == 2 && contradictions.examples == [["r1", "r2"]])
        #expect(try ledger.contradictions("p", drop: "d-2").prompts == 1)
        #expect(try ledger.labels("p", limit: 9) == ["x"])
        #expect(try ledger.classRows("p") == ["x": 2])
        #expect(try ledger.dataLineage("r1").places.map(\.line) == [1, 9])
        #expect(try ledger.dataLineage("r0").places.map(\.state) == [.revoked])
        #expect(try ledger.keptRows(of: "d-1").map(\.line) == [9])
        #expect(try !ledger.hasRowsWithoutPrompt("p"))
    }

    @Test func onlyWhatRowsDoNotTellIsKeptBesideThem() throws {
        try former()
        let ledger = try Ledger(path: sandbox.layout.ledger)
        #expect(
            try ledger.read { try String.fetchAll($0, sql: "SELECT key FROM side ORDER BY key") } == ["g:9", "p:k0"])
        // A withdrawn row no longer tells the side of its prompt.
        _ = try ledger.revoke("d-2", kept: [], shards: [], who: "a test", reason: "a request")
        #expect(try sides(ledger) == sides)
        #expect(try ledger.known(["r1", "r2", "r3"], in: "p") == ["r1"])
    }

    @Test func aRowIsInADatasetOnce() throws {
        let ledger = try Ledger(path: sandbox.layout.ledger)
        var batch = DatasetBatch()
        batch.rows = [DatasetRow(id: "r1", line: 1, split: .train, promptKey: "k1", answerKey: "a1")]
        for (id, pipeline) in [("d-1", "p"), ("d-2", "q"), ("d-3", "p")] {
            var drop = drop(DropID(id), .received)
            drop.pipeline = PipelineName(pipeline)
            _ = try ledger.receive(drop)
            if id == "d-3" {
                #expect(throws: DatabaseError.self) { try ledger.add(batch, of: drop) }
            } else {
                try ledger.add(batch, of: drop)
            }
        }
    }

    @Test func rowsOfUnfinishedDropsContradictNothing() throws {
        let ledger = try Ledger(path: sandbox.layout.ledger)
        var (first, second) = (DatasetBatch(), DatasetBatch())
        first.rows = [DatasetRow(id: "r1", line: 1, split: .train, promptKey: "k1", answerKey: "a1")]
        second.rows = [DatasetRow(id: "r2", line: 1, split: .train, promptKey: "k1", answerKey: "a2")]
        let (one, two) = (try ledger.receive(drop("d-1", .received)), try ledger.receive(drop("d-2", .received)))
        try ledger.store(one, first, shards: [:])
        try ledger.add(second, of: two)
        #expect(try ledger.contradictions("p").prompts == 0)
        try ledger.finish(two, shards: [:])
        #expect(try ledger.contradictions("p").prompts == 1)
    }

    @Test func aDropIsStoredWithItsReportOrNotAtAll() throws {
        struct Own: Error {}
        let ledger = try Ledger(path: sandbox.layout.ledger)
        var batch = DatasetBatch()
        batch.rows = [
            DatasetRow(id: "r1", line: 1, split: .train, promptKey: "k1", answerKey: "a1"),
            DatasetRow(id: "r2", line: 2, split: .train, promptKey: "k1", answerKey: "a2"),
        ]
        batch.setAside = [SetAsideRow(id: "r2", reason: .repetition, drop: "d-1", line: 2)]
        let drop = try ledger.receive(drop("d-1", .received))
        #expect(throws: Own.self) { try ledger.store(drop, batch, shards: [:]) { _, _ in throw Own() } }
        #expect(try ledger.drop("d-1")?.state == .received)
        #expect(try ledger.known(["r1", "r2"], in: "p").isEmpty)
        try ledger.store(drop, batch, shards: [:]) { contradictions, removed in
            #expect(contradictions.prompts == 1)
            #expect(removed == ["repetition": 1])
            return DataReport(pipeline: "p", drop: "d-1", at: Date(), drops: 1)
        }
        #expect(try ledger.drop("d-1")?.state == .stored)
        #expect(try ledger.report("p", drop: "d-1")?.drops == 1)
    }
}
