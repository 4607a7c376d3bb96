import Foundation
import GRDB
import Nouns

@testable import Ledger

extension LedgerSample {
    typealias Values = [String: (any DatabaseValueConvertible)?]

    /// Writes the sample into a ledger of any schema: the rows of the tables that it has, with the columns that it has.
    func write(_ db: Database) throws {
        for (table, rows) in try tables() {
            let columns = try Self.writable(table, db)
            for row in rows {
                let names = row.keys.filter(columns.contains).sorted()
                if names.isEmpty { continue }
                try db.execute(
                    sql: """
                        INSERT INTO \(table) (\(names.joined(separator: ", ")))
                        VALUES (\(names.map { _ in "?" }.joined(separator: ", ")))
                        """,
                    arguments: StatementArguments(names.map { row[$0] ?? nil }))
            }
        }
        // Until rows told the side of their prompt, it was kept beside that of groups.
        if try db.tableExists("side"), try !Self.writable("dataset_row", db).contains("number") {
            try db.execute(sql: "INSERT INTO side (pipeline, key, split) VALUES ('p', 'p:key-1', 'train')")
        }
    }

    /// The columns of a table that can be written; none where there is no such table.
    static func writable(_ table: String, _ db: Database) throws -> Set<String> {
        try String.fetchSet(db, sql: "SELECT name FROM pragma_table_xinfo(?) WHERE hidden = 0", arguments: [table])
    }

    /// Rows by table, in an order in which each finds what it refers to. Columns that a later schema works out of the
    /// body are written where the schema does not.
    private func tables() throws -> [(String, [Values])] {
        let time = at.timeIntervalSince1970
        return [
            ("base", [["id": base.id.rawValue, "digest": base.digest, "body": try Ledger.body(base)]]),
            ("drop_file", try drops.map { try values($0) }),
            (
                "dataset_row",
                [
                    row("row-1", 1, .train, prompt: "key-1", answer: "answer-1"),
                    row("row-2", 2, .train, prompt: "key-1", answer: "answer-2"),
                    row("row-3", 3, .gate, prompt: "key-3", answer: "answer-1"),
                ]
            ),
            (
                "shard",
                try shards.map {
                    [
                        "drop_id": $0.drop.rawValue, "split": $0.split.rawValue, "pipeline": "p",
                        "sha256": $0.file.sha256, "rows": $0.file.rows, "body": try Ledger.body($0.file),
                    ]
                }
            ),
            (
                "snapshot",
                [["id": snapshot.id.rawValue, "pipeline": "p", "created_at": time, "body": try Ledger.body(snapshot)]]
            ),
            ("run", try runs.enumerated().map { try values($1, number: $0 + 1) }),
            (
                "run_transition",
                runs.enumerated().map { index, run in
                    [
                        "sequence": index + 1, "run": run.id.rawValue, "state": run.state.rawValue, "at": time,
                        "message": "a reason",
                    ]
                }
            ),
            (
                "version",
                [
                    [
                        "id": version.id.rawValue, "pipeline": "p", "run": version.run.rawValue,
                        "body": try Ledger.body(version),
                    ]
                ]
            ),
            (
                "promotion",
                [
                    [
                        "sequence": 1, "pipeline": "p", "version": "v-1", "hash": promotion.hash,
                        "body": try Ledger.body(promotion),
                    ]
                ]
            ),
            (
                "evaluation",
                [["model": "m", "set_digest": "s", "settings": "{}", "body": try Ledger.body(scores)]]
            ),
        ] + (try deliveryTables(time)) + (try datasetTables(time)) + (try experimentTables(time))
    }

    private func deliveryTables(_ time: Double) throws -> [(String, [Values])] {
        [
            (
                "export",
                try exports.map {
                    [
                        "version": $0.version.rawValue, "format": $0.format.rawValue, "state": $0.state.rawValue,
                        "body": try Ledger.body($0),
                    ]
                }
            ),
            (
                "notification",
                [
                    [
                        "event": notice.id, "target": "webhook", "state": "pending", "attempts": 2, "due_at": time,
                        "answer": "500", "body": try Ledger.body(notice),
                    ]
                ]
            ),
            ("alias", [["pipeline": "p", "name": "stable", "version": "v-1", "who": "me", "at": time]]),
        ]
    }

    private func datasetTables(_ time: Double) throws -> [(String, [Values])] {
        [
            ("side", [["pipeline": "p", "key": "g:9", "split": "gate"]]),
            ("duplicate_row", [["drop_id": "d-stored", "line": 4, "pipeline": "p", "id": "row-1"]]),
            (
                "set_aside",
                [
                    [
                        "pipeline": "p", "id": setAside.id.rawValue, "reason": setAside.reason.rawValue,
                        "drop_id": setAside.drop.rawValue, "line": setAside.line, "other": setAside.other?.rawValue,
                        "score": setAside.score,
                    ]
                ]
            ),
            (
                "snapshot_file",
                shards.map {
                    ["snapshot": "s-1", "split": $0.split.rawValue, "sha256": $0.file.sha256, "source": $0.file.sha256]
                }
            ),
            ("picked_row", [["sha256": "f1", "id": "row-1"]]),
            ("left_out_row", [["sha256": "f1", "id": "row-2", "reason": "near_duplicate"]]),
            ("dataset_mark", [["pipeline": "p", "what": "tokens", "state": "x"]]),
            (
                "quality_report",
                [
                    [
                        "pipeline": "p", "subject": "d-stored", "at": time, "body": try Ledger.body(report),
                        "sketch": Data([0, 1, 255]),
                    ]
                ]
            ),
            (
                "revoked_row",
                [["drop_id": "d-revoked", "line": 1, "pipeline": "p", "id": "row-9", "split": "train"]]
            ),
            ("revocation", [["drop_id": "d-revoked", "who": "me", "reason": "asked for", "at": time]]),
        ]
    }

    private func experimentTables(_ time: Double) throws -> [(String, [Values])] {
        [
            ("experiment", try experiments.enumerated().map { try values($1, number: $0 + 1) }),
            (
                "trial",
                try experiments[0].trials.map {
                    var bare = $0
                    bare.losses = []
                    return ["experiment": "x-000001", "number": $0.number, "body": try Ledger.body(bare)]
                }
            ),
            (
                "rung",
                experiments[0].trials[0].losses.enumerated().map {
                    ["experiment": "x-000001", "trial": 0, "rung": $0, "loss": $1, "at": time]
                }
            ),
            ("frozen_settings", [["digest": "f-1", "body": "{\"gates\":{}}"]]),
            (
                "suggestion",
                [["pipeline": "p", "experiment": "x-000001", "adopted": 1, "body": try Ledger.body(suggestion)]]
            ),
        ]
    }

    private func values(_ drop: Drop) throws -> Values {
        let isStored = drop.state == .stored
        return [
            "id": drop.id.rawValue, "pipeline": drop.pipeline.rawValue, "sha256": drop.sha256,
            "state": drop.state.rawValue, "received_at": drop.receivedAt.timeIntervalSince1970,
            "stored_at": isStored ? at.timeIntervalSince1970 + 60 : nil, "scheduled": isStored ? 1 : 0,
            "indexed": isStored ? 1 : 0, "body": try Ledger.body(drop),
        ]
    }

    private func values(_ run: Run, number: Int) throws -> Values {
        [
            "id": run.id.rawValue, "number": number, "pipeline": run.pipeline.rawValue, "state": run.state.rawValue,
            "priority": run.priority, "created_at": run.createdAt.timeIntervalSince1970, "base": run.base.rawValue,
            "snapshot": run.snapshot.rawValue, "body": try Ledger.body(run),
        ]
    }

    private func values(_ experiment: Experiment, number: Int) throws -> Values {
        var bare = experiment
        bare.trials = []
        return [
            "id": experiment.id.rawValue, "number": number, "pipeline": experiment.pipeline.rawValue,
            "state": experiment.state.rawValue, "created_at": experiment.createdAt.timeIntervalSince1970,
            "snapshot": experiment.snapshot.rawValue, "run": experiment.run?.rawValue, "body": try Ledger.body(bare),
        ]
    }

    private func row(_ id: String, _ line: Int, _ split: Split, prompt: String, answer: String) -> Values {
        [
            "pipeline": "p", "id": id, "drop_id": "d-stored", "line": line, "split": split.rawValue, "label": "x",
            "prompt_key": prompt, "answer_key": answer,
        ]
    }
}
