import Foundation
import GRDB
import Nouns

/// Tables `revocation` and `revoked_row`: drops that were withdrawn, and where their rows were.
extension Ledger {
    /// Rows of a drop that other stored drops brought as well, each with the earliest of them.
    package func keptRows(of drop: DropID) throws -> [KeptRow] {
        try read { db in
            try GRDB.Row.fetchAll(
                db,
                sql: """
                    SELECT id, split, d, line FROM (
                        SELECT r.id AS id, r.split AS split, d.drop_id AS d, d.line AS line,
                            ROW_NUMBER() OVER (PARTITION BY r.id ORDER BY f.received_at, d.drop_id, d.line) AS place
                        FROM dataset_row AS r
                        JOIN duplicate_row AS d ON d.pipeline = r.pipeline AND d.id = r.id AND d.drop_id <> r.drop_id
                        JOIN drop_file AS f ON f.id = d.drop_id AND f.state = 'stored'
                        WHERE r.drop_id = ?)
                    WHERE place = 1 ORDER BY id
                    """, arguments: [drop.rawValue]
            ).compactMap { row in
                Split(rawValue: row["split"]).map {
                    KeptRow(
                        id: RowID(row["id"] as String), split: $0, drop: DropID(row["d"] as String), line: row["line"])
                }
            }
        }
    }

    /// Withdraws a stored (or quarantined, or duplicate) drop in one transaction: its rows are in no future snapshot;
    /// those in `kept` go over to the drops that brought them too, with `shards` as their files.
    ///
    /// Throws a Failure where the drop is unknown, at work or withdrawn already.
    package func revoke(
        _ id: DropID, kept: [KeptRow], shards: [(drop: DropID, split: Split, file: FileReference)], who: String,
        reason: String
    ) throws -> Drop {
        try write { db in
            guard var drop = try Self.drop(id, db) else {
                throw Failure(
                    code: "drop.unknown", "There is no drop '\(id)'.", at: id.rawValue, remedy: "See `ftctl drops`.")
            }
            guard [.stored, .quarantined, .duplicate].contains(drop.state) else {
                throw Failure(
                    code: "drop.state", "The drop '\(id)' is \(drop.state.rawValue), so it cannot be revoked.",
                    at: id.rawValue,
                    remedy: drop.state == .revoked ? "It is revoked already." : "Wait until it is stored.")
            }
            drop.state = .revoked
            drop.note = "revoked by \(who): \(reason)"
            try Self.update(drop, db)
            try db.execute(
                sql: "INSERT INTO revocation (drop_id, who, reason, at) VALUES (?, ?, ?, ?)",
                arguments: [id.rawValue, who, reason, Date().timeIntervalSince1970])
            try db.execute(
                sql: """
                    INSERT OR IGNORE INTO revoked_row (drop_id, line, pipeline, id, split)
                    SELECT drop_id, line, pipeline, id, split FROM dataset_row WHERE drop_id = ?
                    """, arguments: [id.rawValue])
            try Self.handOver(kept, shards, drop.pipeline.rawValue, db)
            try Self.forget(id, drop.pipeline.rawValue, db)
            return drop
        }
    }

    /// Gives rows of a withdrawn drop, and the files that they are in now, to the drops that brought them too.
    private static func handOver(
        _ kept: [KeptRow], _ shards: [(drop: DropID, split: Split, file: FileReference)], _ pipeline: String,
        _ db: Database
    ) throws {
        for row in kept {
            try db.execute(
                sql: "UPDATE dataset_row SET drop_id = ?, line = ? WHERE pipeline = ? AND id = ?",
                arguments: [row.drop.rawValue, row.line, pipeline, row.id.rawValue])
            try db.execute(
                sql: "DELETE FROM duplicate_row WHERE drop_id = ? AND line = ?",
                arguments: [row.drop.rawValue, row.line])
            try db.execute(
                sql: "UPDATE set_aside SET drop_id = ?, line = ? WHERE pipeline = ? AND id = ?",
                arguments: [row.drop.rawValue, row.line, pipeline, row.id.rawValue])
        }
        for shard in shards {
            try db.execute(
                sql:
                    """
                    INSERT OR IGNORE INTO shard (drop_id, split, pipeline, sha256, rows, body) VALUES (?, ?, \
                    ?, ?, ?, ?)
                    """,
                arguments: [
                    shard.drop.rawValue, shard.split.rawValue, pipeline, shard.file.sha256, shard.file.rows ?? 0,
                    try body(shard.file),
                ])
        }
    }

    /// Takes what is left of a withdrawn drop out of the dataset, and whatever was found because of it.
    private static func forget(_ id: DropID, _ pipeline: String, _ db: Database) throws {
        // What was asked on one side is never asked on another, even where no row of it is left.
        try db.execute(
            sql: """
                INSERT OR IGNORE INTO side (pipeline, key, split)
                SELECT pipeline, 'p:' || prompt_key, split FROM dataset_row WHERE drop_id = ? AND prompt_key IS \
                NOT NULL
                """, arguments: [id.rawValue])
        for table in ["dataset_row", "duplicate_row"] {
            try db.execute(sql: "DELETE FROM \(table) WHERE drop_id = ?", arguments: [id.rawValue])
        }
        // The index holds its rows, and rows of others are kept out because of them: both are made anew.
        try db.execute(sql: "UPDATE drop_file SET indexed = 0 WHERE pipeline = ?", arguments: [pipeline])
        try db.execute(
            sql:
                """
                DELETE FROM set_aside WHERE pipeline = ? AND (reason IN ('near_duplicate', \
                'near_duplicate_of_gate') OR drop_id = ?)
                """,
            arguments: [pipeline, id.rawValue])
        try db.execute(
            sql: "DELETE FROM quality_report WHERE pipeline = ? AND subject IN ('', ?)",
            arguments: [pipeline, id.rawValue])
    }

    /// The rows that a withdrawn drop had.
    package func revokedRows(of drop: DropID) throws -> Set<RowID> {
        try read {
            Set(
                try String.fetchAll($0, sql: "SELECT id FROM revoked_row WHERE drop_id = ?", arguments: [drop.rawValue])
                    .map { RowID($0) })
        }
    }

    /// Files that hold rows of a withdrawn drop and of no other: its shards, filtered copies of them, and files of
    /// picked rows with any of its rows.
    package func filesOnly(of drop: DropID) throws -> [String] {
        try read { db in
            try String.fetchAll(
                db,
                sql: """
                    SELECT sha256 FROM shard WHERE drop_id = ?1 AND sha256 NOT IN (SELECT sha256 FROM shard WHERE \
                    drop_id <> ?1)
                    UNION SELECT snapshot_file.sha256 FROM snapshot_file JOIN shard ON shard.sha256 = \
                    snapshot_file.source
                        WHERE shard.drop_id = ?1 AND snapshot_file.sha256 NOT IN (SELECT sha256 FROM shard WHERE \
                        drop_id <> ?1)
                    UNION SELECT sha256 FROM picked_row WHERE id IN (SELECT id FROM revoked_row WHERE drop_id = ?1)
                        AND sha256 NOT IN (SELECT sha256 FROM shard WHERE drop_id <> ?1)
                    """, arguments: [drop.rawValue])
        }
    }
}
