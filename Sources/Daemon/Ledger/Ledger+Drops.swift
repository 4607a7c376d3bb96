import Foundation
import GRDB
import Nouns

extension Ledger {
    /// A dropped file, by identifier.
    package func drop(_ id: DropID) throws -> Drop? {
        try read { try Self.nouns(Drop.self, $0, "SELECT body FROM drop_file WHERE id = ?", [id.rawValue]).first }
    }

    /// Drops in a state, oldest first.
    package func drops(in state: Drop.State, pipeline: PipelineName? = nil) throws -> [Drop] {
        try read {
            try Self.nouns(
                Drop.self, $0,
                "SELECT body FROM drop_file WHERE state = ? AND (? IS NULL OR pipeline = ?) ORDER BY received_at, id",
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
    package func drops(pipeline: PipelineName?, limit: Int) throws -> [Drop] {
        try read {
            try Self.nouns(
                Drop.self, $0,
                """
                SELECT body FROM drop_file WHERE (? IS NULL OR pipeline = ?) ORDER BY received_at DESC, id DESC \
                LIMIT ?
                """,
                [pipeline?.rawValue, pipeline?.rawValue, limit])
        }
    }

    /// Records a claimed file: as `received`, or as `duplicate` where the same bytes came before and were not
    /// quarantined (rules may have changed since). Returns what was recorded; recording the same drop again changes
    /// nothing.
    package func receive(_ drop: Drop) throws -> Drop {
        try write { db in
            if let known = try Self.nouns(Drop.self, db, "SELECT body FROM drop_file WHERE id = ?", [drop.id.rawValue])
                .first
            {
                return known
            }
            var drop = drop
            if let first = try String.fetchOne(
                db,
                sql:
                    """
                    SELECT id FROM drop_file WHERE pipeline = ? AND sha256 = ? AND state NOT IN ('duplicate', \
                    'revoked', 'quarantined')
                    """,
                arguments: [drop.pipeline.rawValue, drop.sha256])
            {
                drop.state = .duplicate
                drop.note = "the same bytes as \(first)"
            }
            try db.execute(
                sql: "INSERT INTO drop_file (id, pipeline, sha256, state, received_at, body) VALUES (?, ?, ?, ?, ?, ?)",
                arguments: [
                    drop.id.rawValue, drop.pipeline.rawValue, drop.sha256, drop.state.rawValue,
                    drop.receivedAt.timeIntervalSince1970,
                    try Self.body(drop),
                ])
            return drop
        }
    }

    /// A received drop whose bytes turned out to be others than those recorded: it is as if it had come with them.
    /// Returns what was recorded.
    package func receiveAgain(_ drop: Drop) throws -> Drop {
        try write { db in
            var drop = drop
            if let first = try String.fetchOne(
                db,
                sql:
                    """
                    SELECT id FROM drop_file WHERE pipeline = ? AND sha256 = ? AND id <> ? AND state NOT IN \
                    ('duplicate', 'revoked', 'quarantined')
                    """,
                arguments: [drop.pipeline.rawValue, drop.sha256, drop.id.rawValue])
            {
                drop.state = .duplicate
                drop.note = "the same bytes as \(first)"
            }
            try db.execute(
                sql: "UPDATE drop_file SET sha256 = ?, state = ?, body = ? WHERE id = ?",
                arguments: [drop.sha256, drop.state.rawValue, try Self.body(drop), drop.id.rawValue])
            return drop
        }
    }

    /// Moves a drop on to a state without rows of its own (`validated`, `quarantined`).
    package func update(_ drop: Drop) throws {
        try write { db in try Self.update(drop, db) }
    }

    private static func update(_ drop: Drop, _ db: Database) throws {
        try db.execute(
            sql: "UPDATE drop_file SET state = ?, body = ? WHERE id = ?",
            arguments: [drop.state.rawValue, try body(drop), drop.id.rawValue])
    }
}
