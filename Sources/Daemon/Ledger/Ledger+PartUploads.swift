import Foundation
import GRDB
import Nouns

/// Tables `part_upload` and `upload_part`: files that come in parts.
extension Ledger {
    package func begin(_ upload: PartUpload) throws {
        try write { db in
            try db.execute(
                sql: """
                    INSERT INTO part_upload (id, owner, bytes, name, purpose, created_at, expires_at, state)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    upload.id, upload.owner, upload.bytes, upload.name, upload.purpose,
                    upload.createdAt.timeIntervalSince1970, upload.expiresAt.timeIntervalSince1970,
                    upload.state.rawValue,
                ])
        }
    }

    package func partUpload(_ id: String) throws -> PartUpload? {
        try read { try Self.partUploads($0, "WHERE id = ?", [id]) }.first
    }

    /// Notes a part whose bytes are on the disk. Throws a Failure (`upload.state`) where the upload is over.
    package func add(part: String, of upload: String, bytes: Int) throws {
        try write { db in
            try Self.requirePending(upload, db)
            try db.execute(
                sql: "INSERT INTO upload_part (id, upload, bytes) VALUES (?, ?, ?)", arguments: [part, upload, bytes])
        }
    }

    /// The parts of an upload, with the bytes of each.
    package func parts(of upload: String) throws -> [String: Int] {
        try read { db in
            let rows = try GRDB.Row.fetchAll(
                db, sql: "SELECT id, bytes FROM upload_part WHERE upload = ?", arguments: [upload])
            return Dictionary(uniqueKeysWithValues: rows.map { ($0["id"] as String, $0["bytes"] as Int) })
        }
    }

    /// Ends an upload, with the file that it became, in one transaction. Throws a Failure (`upload.state`) where it is
    /// over already.
    package func end(_ upload: String, as file: KeptFile?) throws {
        try write { db in
            try Self.requirePending(upload, db)
            if let file { try Self.add(file, db) }
            try db.execute(
                sql: "UPDATE part_upload SET state = ?, file = ? WHERE id = ?",
                arguments: [file == nil ? "cancelled" : "completed", file?.id, upload])
            try db.execute(sql: "DELETE FROM upload_part WHERE upload = ?", arguments: [upload])
        }
    }

    /// Uploads that may still get parts.
    package func pendingUploads(_ now: Date) throws -> Set<String> {
        try read {
            try String.fetchSet(
                $0, sql: "SELECT id FROM part_upload WHERE state = 'pending' AND expires_at > ?",
                arguments: [now.timeIntervalSince1970])
        }
    }

    private static func requirePending(_ id: String, _ db: Database) throws {
        guard let upload = try partUploads(db, "WHERE id = ?", [id]).first, upload.state != .pending else { return }
        throw Failure(
            code: "upload.state", "The upload '\(id)' is \(upload.state.rawValue).", at: "upload_id",
            remedy: "Begin another one.")
    }

    private static func partUploads(_ db: Database, _ rest: String, _ arguments: StatementArguments) throws
        -> [PartUpload]
    {
        try GRDB.Row.fetchAll(
            db,
            sql: """
                SELECT id, owner, bytes, name, purpose, created_at, expires_at, state, file FROM part_upload \(rest)
                """, arguments: arguments
        ).compactMap { row in
            guard let state = PartUpload.State(rawValue: row["state"]) else { return nil }
            return PartUpload(
                id: row["id"], owner: row["owner"], bytes: row["bytes"], name: row["name"], purpose: row["purpose"],
                createdAt: Date(timeIntervalSince1970: row["created_at"]),
                expiresAt: Date(timeIntervalSince1970: row["expires_at"]), state: state, file: row["file"])
        }
    }
}
