import Contracts
import Foundation
import GRDB

extension Ledger {
    /// A dropped file, by identifier.
    package func drop(_ id: DropID) throws -> Drop? {
        try read { try Self.nouns(Drop.self, $0, "SELECT body FROM drop_file WHERE id = ?", [id.rawValue]).first }
    }

    /// Drops in a state, oldest first.
    package func drops(in state: Drop.State, pipeline: PipelineName? = nil) throws -> [Drop] {
        try read {
            try Self.nouns(
                Drop.self, $0, "SELECT body FROM drop_file WHERE state = ? AND (? IS NULL OR pipeline = ?) ORDER BY received_at, id",
                [state.rawValue, pipeline?.rawValue, pipeline?.rawValue])
        }
    }

    /// Drops, newest first.
    package func drops(pipeline: PipelineName?, limit: Int) throws -> [Drop] {
        try read {
            try Self.nouns(
                Drop.self, $0, "SELECT body FROM drop_file WHERE (? IS NULL OR pipeline = ?) ORDER BY received_at DESC, id DESC LIMIT ?",
                [pipeline?.rawValue, pipeline?.rawValue, limit])
        }
    }

    /// Records a claimed file: as `received`, or as `duplicate` where the same bytes came before. Returns what was recorded;
    /// recording the same drop again changes nothing.
    package func receive(_ drop: Drop) throws -> Drop {
        try write { db in
            if let known = try Self.nouns(Drop.self, db, "SELECT body FROM drop_file WHERE id = ?", [drop.id.rawValue]).first { return known }
            var drop = drop
            if let first = try String.fetchOne(
                db, sql: "SELECT id FROM drop_file WHERE pipeline = ? AND sha256 = ? AND state NOT IN ('duplicate', 'revoked')",
                arguments: [drop.pipeline.rawValue, drop.sha256])
            {
                drop.state = .duplicate
                drop.note = "the same bytes as \(first)"
            }
            try db.execute(
                sql: "INSERT INTO drop_file (id, pipeline, sha256, state, received_at, body) VALUES (?, ?, ?, ?, ?, ?)",
                arguments: [
                    drop.id.rawValue, drop.pipeline.rawValue, drop.sha256, drop.state.rawValue, drop.receivedAt.timeIntervalSince1970,
                    try Self.body(drop),
                ])
            return drop
        }
    }

    /// Moves a drop on to a state without rows of its own (`validated`, `quarantined`).
    package func update(_ drop: Drop) throws {
        try write { db in try Self.update(drop, db) }
    }

    private static func update(_ drop: Drop, _ db: Database) throws {
        try db.execute(
            sql: "UPDATE drop_file SET state = ?, body = ? WHERE id = ?", arguments: [drop.state.rawValue, try body(drop), drop.id.rawValue])
    }

    /// Which of `ids` the pipeline's dataset has already.
    package func known(_ ids: [RowID], in pipeline: PipelineName) throws -> Set<RowID> {
        try read { db in
            let statement = try db.makeStatement(sql: "SELECT 1 FROM dataset_row WHERE pipeline = ? AND id = ?")
            return Set(try ids.filter { try Int.fetchOne(statement, arguments: [pipeline.rawValue, $0.rawValue]) != nil })
        }
    }

    /// Stores a drop's rows and shards and marks it `stored`, all in one transaction. Rows that another drop brought meanwhile are refused.
    package func store(_ drop: Drop, rows: [(id: RowID, line: Int, split: Split, label: String?)], shards: [Split: FileReference]) throws {
        try write { db in
            var drop = drop
            drop.state = .stored
            let insert = try db.makeStatement(
                sql: "INSERT INTO dataset_row (pipeline, id, drop_id, line, split, label) VALUES (?, ?, ?, ?, ?, ?)")
            for row in rows {
                try insert.execute(
                    arguments: [drop.pipeline.rawValue, row.id.rawValue, drop.id.rawValue, row.line, row.split.rawValue, row.label])
            }
            for (split, file) in shards {
                try db.execute(
                    sql: "INSERT INTO shard (drop_id, split, pipeline, sha256, rows, body) VALUES (?, ?, ?, ?, ?, ?)",
                    arguments: [drop.id.rawValue, split.rawValue, drop.pipeline.rawValue, file.sha256, file.rows ?? 0, try Self.body(file)])
            }
            try Self.update(drop, db)
            try db.execute(
                sql: "UPDATE drop_file SET stored_at = ? WHERE id = ?", arguments: [Date().timeIntervalSince1970, drop.id.rawValue])
        }
    }

    /// Stored drops that no run has taken yet, oldest first, and when the newest of them was stored.
    package func waitingDrops(_ pipeline: PipelineName) throws -> (drops: [Drop], newest: Date?) {
        try read { db in
            let drops = try Self.nouns(
                Drop.self, db, "SELECT body FROM drop_file WHERE pipeline = ? AND state = 'stored' AND scheduled = 0 ORDER BY received_at, id",
                [pipeline.rawValue])
            let newest = try Double.fetchOne(
                db, sql: "SELECT MAX(stored_at) FROM drop_file WHERE pipeline = ? AND state = 'stored' AND scheduled = 0",
                arguments: [pipeline.rawValue])
            return (drops, newest.map(Date.init(timeIntervalSince1970:)))
        }
    }

    /// How many rows each side of a pipeline's dataset has.
    package func rowCounts(_ pipeline: PipelineName) throws -> [Split: Int] {
        try read { db in
            let rows = try GRDB.Row.fetchAll(
                db, sql: "SELECT split, COUNT(*) AS n FROM dataset_row WHERE pipeline = ? GROUP BY split", arguments: [pipeline.rawValue])
            return Dictionary(
                rows.compactMap { row in Split(rawValue: row["split"]).map { ($0, row["n"] as Int) } }, uniquingKeysWith: { $1 })
        }
    }

    /// Training rows that a drop brought.
    package func trainRows(of drops: [DropID]) throws -> Int {
        try read { db in
            try drops.reduce(0) { sum, id in
                sum + (try Int.fetchOne(
                    db, sql: "SELECT COALESCE(SUM(rows), 0) FROM shard WHERE drop_id = ? AND split = 'train'", arguments: [id.rawValue]) ?? 0)
            }
        }
    }

    /// The row files of a pipeline by drop, in the order of arrival.
    package func shards(_ pipeline: PipelineName) throws -> [(drop: DropID, split: Split, file: FileReference)] {
        try read { db in
            try GRDB.Row.fetchAll(
                db,
                sql: """
                    SELECT shard.drop_id AS d, split, shard.body AS b FROM shard JOIN drop_file ON drop_file.id = shard.drop_id
                    WHERE shard.pipeline = ? AND drop_file.state = 'stored' ORDER BY received_at, shard.drop_id
                    """, arguments: [pipeline.rawValue]
            ).compactMap { row in
                guard let split = Split(rawValue: row["split"]) else { return nil }
                return (DropID(row["d"] as String), split, try Self.noun(FileReference.self, row["b"]))
            }
        }
    }

    /// The distinct labels of a pipeline's rows, at most `limit`; nil where some row has none or there are more.
    package func labels(_ pipeline: PipelineName, limit: Int) throws -> [String]? {
        try read { db in
            let missing = try Int.fetchOne(
                db, sql: "SELECT COUNT(*) FROM dataset_row WHERE pipeline = ? AND label IS NULL", arguments: [pipeline.rawValue]) ?? 0
            guard missing == 0 else { return nil }
            let labels = try String.fetchAll(
                db, sql: "SELECT DISTINCT label FROM dataset_row WHERE pipeline = ? ORDER BY label LIMIT ?",
                arguments: [pipeline.rawValue, limit + 1])
            return labels.isEmpty || labels.count > limit ? nil : labels
        }
    }
}
