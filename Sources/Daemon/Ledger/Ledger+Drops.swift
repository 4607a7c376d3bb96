import Foundation
import GRDB
import Nouns

/// Table `drop_file`: every file that came, and what became of it.
extension Ledger {
    /// A dropped file, by identifier.
    package func drop(_ id: DropID) throws -> Drop? {
        try read { try Self.drop(id, $0) }
    }

    /// A drop as it is within a transaction, or nil.
    static func drop(_ id: DropID, _ db: Database) throws -> Drop? {
        try nouns(Drop.self, db, "SELECT body FROM drop_file WHERE id = ?", [id.rawValue]).first
    }

    /// Drops in a state, oldest first.
    package func drops(in state: Drop.State, pipeline: PipelineName? = nil) throws -> [Drop] {
        try read {
            try readable(
                Drop.self, $0,
                """
                SELECT id, body FROM drop_file WHERE state = ? AND (? IS NULL OR pipeline = ?)
                ORDER BY received_at, id
                """,
                [state.rawValue, pipeline?.rawValue, pipeline?.rawValue])
        }
    }

    /// How many drops of a pipeline are in a state.
    package func dropCount(in state: Drop.State, pipeline: PipelineName) throws -> Int {
        try read {
            try Int.fetchOne(
                $0, sql: "SELECT COUNT(*) FROM drop_file WHERE state = ? AND pipeline = ?",
                arguments: [state.rawValue, pipeline.rawValue]) ?? 0
        }
    }

    /// Drops, newest first.
    ///
    /// - Parameters:
    ///   - imported: only those that the import of this name brought; all where it is nil.
    ///   - owner: leaves out the drops of jobs that others made; nil for all.
    package func drops(
        pipeline: PipelineName?, limit: Int, imported: String? = nil, seenBy owner: String? = nil
    ) throws -> [Drop] {
        try read {
            try readable(
                Drop.self, $0,
                """
                SELECT id, body FROM drop_file WHERE \(pipeline == nil ? "?1 IS NULL" : "pipeline = ?1")
                AND (?2 IS NULL OR json_extract(body, '$.origin.imported.name') = ?2)
                AND (?4 IS NULL OR NOT EXISTS (
                    SELECT 1 FROM job WHERE job.drop_id = drop_file.id AND job.owner <> ?4))
                ORDER BY received_at DESC, id DESC LIMIT ?3
                """,
                [pipeline?.rawValue, imported, limit, owner])
        }
    }

    /// Records a claimed file: as `received`, or as `duplicate` where the same bytes came before, were read by the same
    /// settings and were not quarantined (rules may have changed since). Returns what was recorded; recording the same
    /// drop again changes nothing. A job's drop counts as tried: it starts no other run than the job's.
    package func receive(_ drop: Drop) throws -> Drop {
        try write { db in
            if let known = try Self.drop(drop.id, db) { return known }
            let drop = try Self.told(drop, db)
            try db.execute(
                sql: """
                    INSERT INTO drop_file (id, pipeline, received_at, body, scheduled)
                    VALUES (?1, ?2, ?3, ?4, EXISTS (SELECT 1 FROM job WHERE drop_id = ?1))
                    """,
                arguments: [
                    drop.id.rawValue, drop.pipeline.rawValue, drop.receivedAt.timeIntervalSince1970,
                    try Self.body(drop),
                ])
            return drop
        }
    }

    /// A received drop whose bytes or settings turned out to be others than those recorded: it is as if it had come
    /// with them.
    /// Returns what was recorded.
    package func receiveAgain(_ drop: Drop) throws -> Drop {
        try write { db in
            let drop = try Self.told(drop, db)
            try Self.update(drop, db)
            return drop
        }
    }

    /// The drop itself, or the same as a `duplicate` where another drop has its bytes and is read by the same settings.
    private static func told(_ drop: Drop, _ db: Database) throws -> Drop {
        guard
            let first = try String.fetchOne(
                db,
                sql: """
                    SELECT id FROM drop_file WHERE pipeline = ? AND sha256 = ?
                    AND COALESCE(json_extract(body, '$.reading'), '') = ? AND id <> ?
                    AND state NOT IN ('duplicate', 'revoked', 'quarantined')
                    """,
                arguments: [drop.pipeline.rawValue, drop.sha256, drop.reading ?? "", drop.id.rawValue])
        else { return drop }
        var drop = drop
        drop.state = .duplicate
        drop.note = "the same bytes as \(first)"
        return drop
    }

    /// Moves a drop on to a state without rows of its own (`validated`, `quarantined`). Receivers of events hear of
    /// one that is quarantined.
    package func update(_ drop: Drop) throws {
        try write { db in
            try Self.update(drop, db)
            guard drop.state == .quarantined else { return }
            try Self.happen(.quarantined, drop.pipeline, drop.id, "\(drop.name): \(drop.note ?? "")", db)
        }
    }

    /// The drop that has the rows of a drop: itself, or where it is a `duplicate` the one that came with the same bytes
    /// before.
    package func original(of drop: Drop) throws -> Drop? {
        guard drop.state == .duplicate else { return drop }
        return try read {
            try Self.nouns(
                Drop.self, $0,
                """
                SELECT body FROM drop_file WHERE pipeline = ? AND sha256 = ?
                AND COALESCE(json_extract(body, '$.reading'), '') = ? AND state <> 'duplicate'
                ORDER BY state IN ('revoked', 'quarantined'), received_at DESC LIMIT 1
                """, [drop.pipeline.rawValue, drop.sha256, drop.reading ?? ""]
            ).first
        }
    }

    /// Writes a drop as it now is.
    static func update(_ drop: Drop, _ db: Database) throws {
        try db.execute(
            sql: "UPDATE drop_file SET body = ? WHERE id = ?", arguments: [try body(drop), drop.id.rawValue])
    }

    /// Marks a drop as tried, for a run that is queued in the same transaction. Returns false where another run has
    /// taken it already.
    static func take(_ id: DropID, _ db: Database) throws -> Bool {
        try db.execute(
            sql: "UPDATE drop_file SET scheduled = 1 WHERE id = ? AND scheduled = 0", arguments: [id.rawValue])
        return db.changesCount == 1
    }

    /// Takes back that a drop is tried, within the same transaction.
    static func release(_ id: DropID, _ db: Database) throws {
        try db.execute(sql: "UPDATE drop_file SET scheduled = 0 WHERE id = ?", arguments: [id.rawValue])
    }

    /// The identifiers of a pipeline's stored drops, oldest first.
    package func storedDropIDs(_ pipeline: PipelineName) throws -> [DropID] {
        try read { db in
            try String.fetchAll(
                db, sql: "SELECT id FROM drop_file WHERE pipeline = ? AND state = 'stored' ORDER BY received_at, id",
                arguments: [pipeline.rawValue]
            ).map { DropID($0) }
        }
    }

    /// The stored drops of a pipeline, oldest first.
    ///
    /// - Parameter untried: only those that no run was queued for yet.
    package func storedDrops(_ pipeline: PipelineName, untried: Bool = false) throws -> [StoredDrop] {
        try read { db in
            try GRDB.Row.fetchAll(
                db,
                sql: """
                    SELECT drop_file.id AS d, received_at, stored_at, scheduled, COALESCE((SELECT SUM(rows) FROM \
                    shard WHERE shard.drop_id = drop_file.id AND shard.split = 'train'), 0) - (
                        SELECT COUNT(DISTINCT set_aside.id) FROM set_aside JOIN dataset_row ON dataset_row.pipeline = \
                        set_aside.pipeline
                            AND dataset_row.id = set_aside.id AND dataset_row.split = 'train'
                        WHERE set_aside.drop_id = drop_file.id AND reason NOT IN (\(Self.outside))) AS n FROM drop_file
                    WHERE drop_file.pipeline = ? AND state = 'stored' \(untried ? "AND scheduled = 0" : "")
                    ORDER BY received_at, drop_file.id
                    """, arguments: [pipeline.rawValue]
            ).map { row in
                let received: Double = row["received_at"]
                return StoredDrop(
                    id: DropID(row["d"] as String), receivedAt: Date(timeIntervalSince1970: received),
                    storedAt: Date(timeIntervalSince1970: row["stored_at"] as Double? ?? received),
                    isTried: (row["scheduled"] as Int) == 1,
                    trainRows: row["n"])
            }
        }
    }

    /// Stored drops whose rows are not in the index of near duplicates yet, oldest first.
    package func unindexedDrops(_ pipeline: PipelineName) throws -> [DropID] {
        try read { db in
            try String.fetchAll(
                db,
                sql:
                    """
                    SELECT id FROM drop_file WHERE pipeline = ? AND state = 'stored' AND indexed = 0 ORDER BY \
                    received_at, id
                    """,
                arguments: [pipeline.rawValue]
            ).map { DropID($0) }
        }
    }

    /// Notes that the drops' rows are in the index.
    package func markIndexed(_ drops: [DropID]) throws {
        try write { db in
            for drop in drops {
                try db.execute(sql: "UPDATE drop_file SET indexed = 1 WHERE id = ?", arguments: [drop.rawValue])
            }
        }
    }
}
