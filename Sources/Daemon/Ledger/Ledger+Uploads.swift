import Foundation
import GRDB

/// Table `upload`: what clients are sending. Its files go with its row.
extension Ledger {
    package func open(_ upload: Upload) throws {
        try write { db in
            try db.execute(
                sql: "INSERT INTO upload (id, owner, purpose, bound, expires_at) VALUES (?, ?, ?, ?, ?)",
                arguments: [
                    upload.id, upload.owner, upload.isBase ? "base" : "data", upload.bound,
                    upload.expiresAt.timeIntervalSince1970,
                ])
        }
    }

    package func upload(_ id: String) throws -> Upload? { try uploads().first { $0.id == id } }

    /// Every open upload; there are few at a time.
    package func uploads() throws -> [Upload] {
        try read { db in
            try GRDB.Row.fetchAll(db, sql: "SELECT id, owner, purpose, bound, expires_at FROM upload ORDER BY id").map {
                Upload(
                    id: $0["id"], owner: $0["owner"], isBase: ($0["purpose"] as String) == "base", bound: $0["bound"],
                    expiresAt: Date(timeIntervalSince1970: $0["expires_at"]))
            }
        }
    }

    package func closeUpload(_ id: String) throws {
        try write { try $0.execute(sql: "DELETE FROM upload WHERE id = ?", arguments: [id]) }
    }
}
