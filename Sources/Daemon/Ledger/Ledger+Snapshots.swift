import Foundation
import GRDB
import Nouns

/// Tables `snapshot`, `snapshot_file`, `picked_row` and `left_out_row`: what a run learns from, and which rows are in
/// files that a snapshot alone has.
extension Ledger {
    /// Records a snapshot; the same content again is the same snapshot.
    package func add(_ snapshot: Snapshot) throws {
        try write { db in
            try db.execute(
                sql: "INSERT OR IGNORE INTO snapshot (id, pipeline, created_at, body) VALUES (?, ?, ?, ?)",
                arguments: [
                    snapshot.id.rawValue, snapshot.pipeline.rawValue, snapshot.createdAt.timeIntervalSince1970,
                    try Self.body(snapshot),
                ])
            var files = snapshot.files
            files[.gate, default: []] += snapshot.feedback ?? []
            for (split, files) in files {
                for file in files {
                    // What a filtered copy was made from is known to lineage by the file that it replaces.
                    try db.execute(
                        sql: """
                            INSERT OR IGNORE INTO snapshot_file (snapshot, split, sha256, source) VALUES (?, ?, ?, ?)
                            """,
                        arguments: [
                            snapshot.id.rawValue, split.rawValue, file.sha256,
                            snapshot.sources?[file.sha256] ?? file.sha256,
                        ])
                }
            }
        }
    }

    /// A snapshot, or nil.
    package func snapshot(_ id: SnapshotID) throws -> Snapshot? {
        try read { db in
            let body = try String.fetchOne(
                db, sql: "SELECT body FROM snapshot WHERE id = ?", arguments: [id.rawValue])
            return try body.map { body in
                try decodedSnapshots.noun(id.rawValue, body) { try Self.noun(Snapshot.self, body) }
            }
        }
    }

    /// A snapshot within a transaction, or nil.
    static func snapshot(_ id: SnapshotID, _ db: Database) throws -> Snapshot? {
        try nouns(Snapshot.self, db, "SELECT body FROM snapshot WHERE id = ?", [id.rawValue]).first
    }

    /// How many rows a snapshot trains on, and the drops that it learns whole; nil where there is no such snapshot. It
    /// never changes, so that a snapshot, which may be long, is read once.
    package func training(_ id: SnapshotID) throws -> (rows: Int, drops: [DropID])? {
        try trainings.entry(id) {
            try snapshot(id).map { ($0.rows[.train] ?? 0, $0.trained ?? []) }
        }
    }

    /// Notes which rows a file made for a snapshot alone has, such as its replay.
    package func notePicked(_ rows: [RowID], in file: FileReference) throws {
        try write { db in
            for row in rows {
                try db.cachedStatement(sql: "INSERT OR IGNORE INTO picked_row (sha256, id) VALUES (?, ?)").execute(
                    arguments: [file.sha256, row.rawValue])
            }
        }
    }

    /// Notes which rows of its source a filtered copy leaves out.
    package func noteLeftOut(_ rows: [RowID: SetAsideRow.Reason], of file: FileReference) throws {
        try write { db in
            for (row, reason) in rows {
                try db.cachedStatement(sql: "INSERT OR IGNORE INTO left_out_row (sha256, id, reason) VALUES (?, ?, ?)")
                    .execute(arguments: [file.sha256, row.rawValue, reason.rawValue])
            }
        }
    }
}
