import Contracts
import Foundation
import GRDB

/// What one batch of a drop brings, to be written in one transaction.
package struct DatasetBatch: Sendable {
    package var rows: [DatasetRow] = []
    /// Rows that the dataset has already, with their lines.
    package var duplicates: [(id: RowID, line: Int)] = []
    package var setAside: [SetAsideRow] = []
    /// Sides decided now: `p:<prompt key>` and `g:<group>`. Those of prompts are kept as their rows are.
    package var sides: [String: Split] = [:]

    package init() {}
}

extension Ledger {
    /// The sides that were decided before, of those among `keys` that have one.
    package func sides(_ keys: some Collection<String>, in pipeline: PipelineName) throws -> [String: Split] {
        try read { db in
            let decided = try db.makeStatement(sql: "SELECT split FROM side WHERE pipeline = ? AND key = ?")
            let ofRows = try db.makeStatement(sql: "SELECT MIN(split) FROM dataset_row WHERE pipeline = ? AND prompt_key = ?")
            var found: [String: Split] = [:]
            for key in keys {
                var text = try String.fetchOne(decided, arguments: [pipeline.rawValue, key])
                if text == nil, key.hasPrefix("p:") { text = try String.fetchOne(ofRows, arguments: [pipeline.rawValue, String(key.dropFirst(2))]) }
                found[key] = text.flatMap(Split.init)
            }
            return found
        }
    }

    /// Which of `ids` the pipeline's dataset has already.
    package func known(_ ids: [RowID], in pipeline: PipelineName) throws -> Set<RowID> {
        try read { db in
            let statement = try db.makeStatement(sql: "SELECT 1 FROM dataset_row WHERE id = ? AND pipeline = ?")
            return Set(try ids.filter { try Int.fetchOne(statement, arguments: [$0.rawValue, pipeline.rawValue]) != nil })
        }
    }

    /// Writes one batch of a drop that is not `stored` yet; nobody sees its rows until ``finish(_:shards:)``.
    package func add(_ batch: DatasetBatch, of drop: Drop) throws { try write { db in try Self.add(batch, of: drop, db) } }

    /// Forgets what was written of drops that never became `stored`, so that they can be stored from the beginning. Sides of groups stay as decided.
    package func forgetUnfinished(_ drop: DropID) throws {
        try write { db in
            guard try String.fetchOne(db, sql: "SELECT state FROM drop_file WHERE id = ?", arguments: [drop.rawValue]) != Drop.State.stored.rawValue
            else { return }
            for table in ["dataset_row", "duplicate_row", "set_aside"] {
                try db.execute(sql: "DELETE FROM \(table) WHERE drop_id = ?", arguments: [drop.rawValue])
            }
        }
    }

    /// Makes a drop `stored`: from here on its rows are in the dataset.
    package func finish(_ drop: Drop, shards: [Split: FileReference]) throws { try write { db in try Self.finish(drop, shards, db) } }

    /// Stores a small drop's rows and shards and marks it `stored`, all in one transaction. Rows that another drop brought meanwhile are refused.
    package func store(_ drop: Drop, _ batch: DatasetBatch, shards: [Split: FileReference]) throws {
        try write { db in
            try Self.add(batch, of: drop, db)
            try Self.finish(drop, shards, db)
        }
    }

    private static func add(_ batch: DatasetBatch, of drop: Drop, _ db: Database) throws {
        let pipeline = drop.pipeline.rawValue
        // In the order of their trees, so that each page is met once.
        for (key, split) in batch.sides.sorted(by: { $0.key < $1.key }) where !key.hasPrefix("p:") {
            try db.cachedStatement(sql: "INSERT OR IGNORE INTO side (pipeline, key, split) VALUES (?, ?, ?)")
                .execute(arguments: [pipeline, key, split.rawValue])
        }
        let insert = try db.cachedStatement(
            sql: "INSERT INTO dataset_row (pipeline, id, drop_id, line, split, label, prompt_key, answer_key) VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
        for row in batch.rows.sorted(by: { $0.id.rawValue < $1.id.rawValue }) {
            try insert.execute(
                arguments: [
                    pipeline, row.id.rawValue, drop.id.rawValue, row.line, row.split.rawValue, row.label, row.promptKey, row.answerKey,
                ])
        }
        for row in batch.duplicates {
            try db.cachedStatement(sql: "INSERT OR IGNORE INTO duplicate_row (drop_id, line, pipeline, id) VALUES (?, ?, ?, ?)")
                .execute(arguments: [drop.id.rawValue, row.line, pipeline, row.id.rawValue])
        }
        for row in batch.setAside {
            try db.cachedStatement(
                sql: "INSERT OR IGNORE INTO set_aside (pipeline, id, reason, drop_id, line, other, score) VALUES (?, ?, ?, ?, ?, ?, ?)"
            ).execute(
                arguments: [
                    pipeline, row.id.rawValue, row.reason.rawValue, row.drop.rawValue, row.line, row.other?.rawValue, row.score,
                ])
        }
    }

    private static func finish(_ drop: Drop, _ shards: [Split: FileReference], _ db: Database) throws {
        var drop = drop
        drop.state = .stored
        for (split, file) in shards {
            try db.execute(
                sql: "INSERT INTO shard (drop_id, split, pipeline, sha256, rows, body) VALUES (?, ?, ?, ?, ?, ?)",
                arguments: [drop.id.rawValue, split.rawValue, drop.pipeline.rawValue, file.sha256, file.rows ?? 0, try body(file)])
        }
        try db.execute(
            sql: "UPDATE drop_file SET state = ?, body = ?, stored_at = ? WHERE id = ?",
            arguments: [drop.state.rawValue, try body(drop), Date().timeIntervalSince1970, drop.id.rawValue])
    }

    /// Rows by split; of drops that are stored and not revoked.
    package func rowCounts(_ pipeline: PipelineName) throws -> [Split: Int] {
        try read { db in
            let rows = try GRDB.Row.fetchAll(
                db,
                sql: """
                    SELECT split, SUM(rows) AS n FROM shard JOIN drop_file ON drop_file.id = shard.drop_id
                    WHERE shard.pipeline = ? AND drop_file.state = 'stored' GROUP BY split
                    """, arguments: [pipeline.rawValue])
            return Dictionary(
                rows.compactMap { row in Split(rawValue: row["split"]).map { ($0, row["n"] as Int) } }, uniquingKeysWith: { $1 })
        }
    }

    /// The row files of a pipeline, or of one of its drops, in the order of arrival.
    package func shards(_ pipeline: PipelineName, drop: DropID? = nil) throws -> [(drop: DropID, split: Split, file: FileReference)] {
        try read { db in
            try GRDB.Row.fetchAll(
                db,
                sql: """
                    SELECT shard.drop_id AS d, split, shard.body AS b FROM shard JOIN drop_file ON drop_file.id = shard.drop_id
                    WHERE \(drop == nil ? "" : "shard.drop_id = ?2 AND ") shard.pipeline = ?1 AND drop_file.state = 'stored' ORDER BY received_at, shard.drop_id
                    """, arguments: StatementArguments([pipeline.rawValue] + (drop.map { [$0.rawValue] } ?? []))
            ).compactMap { row in
                guard let split = Split(rawValue: row["split"]) else { return nil }
                return (DropID(row["d"] as String), split, try Self.noun(FileReference.self, row["b"]))
            }
        }
    }

    /// The distinct labels of a pipeline's rows, at most `limit`; nil where some row has none or there are more.
    package func labels(_ pipeline: PipelineName, limit: Int) throws -> [String]? {
        try read { db in
            let stored = "FROM drop_file CROSS JOIN dataset_row ON drop_id = drop_file.id WHERE state = 'stored' AND drop_file.pipeline = ?"
            let missing = try Int.fetchOne(db, sql: "SELECT COUNT(*) \(stored) AND label IS NULL", arguments: [pipeline.rawValue]) ?? 0
            guard missing == 0 else { return nil }
            let labels = try String.fetchAll(
                db, sql: "SELECT DISTINCT label \(stored) ORDER BY label LIMIT ?", arguments: [pipeline.rawValue, limit + 1])
            return labels.isEmpty || labels.count > limit ? nil : labels
        }
    }

    /// Rows kept out, newest drops first; all reasons, or one.
    package func setAside(
        _ pipeline: PipelineName, drop: DropID? = nil, reason: SetAsideRow.Reason? = nil, limit: Int = Int.max
    ) throws -> [SetAsideRow] {
        try read { db in
            try GRDB.Row.fetchAll(
                db,
                sql: """
                    SELECT set_aside.id AS id, reason, drop_id, line, other, score FROM set_aside
                    JOIN drop_file ON drop_file.id = drop_id AND state = 'stored'
                    WHERE set_aside.pipeline = ? AND (? IS NULL OR drop_id = ?) AND (? IS NULL OR reason = ?)
                    ORDER BY received_at DESC, drop_id DESC, line LIMIT ?
                    """,
                arguments: [pipeline.rawValue, drop?.rawValue, drop?.rawValue, reason?.rawValue, reason?.rawValue, limit]
            ).compactMap { row in
                guard let reason = SetAsideRow.Reason(rawValue: row["reason"]) else { return nil }
                return SetAsideRow(
                    id: RowID(row["id"] as String), reason: reason, drop: DropID(row["drop_id"] as String), line: row["line"],
                    other: (row["other"] as String?).map { RowID($0) }, score: row["score"])
            }
        }
    }
}
