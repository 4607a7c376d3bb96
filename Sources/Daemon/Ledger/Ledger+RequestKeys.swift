import Foundation
import GRDB

/// Table `request_key`: requests that are to be carried out once.
extension Ledger {
    /// How long a key holds, in seconds.
    private static let life = 86_400.0

    /// Notes a key of a user, or gives what is known of it.
    ///
    /// - Parameters:
    ///   - request: what is asked, by digest.
    ///   - seed: what is noted with a new key.
    package func claim(_ key: String, of owner: String, request: String, seed: String, now: Date) throws -> RequestKey {
        try write { db in
            try db.execute(
                sql: "DELETE FROM request_key WHERE created_at < ?1 OR created_at > ?2",
                arguments: [now.timeIntervalSince1970 - Self.life, now.timeIntervalSince1970 + Self.life])
            try db.execute(
                sql: """
                    INSERT OR IGNORE INTO request_key (owner, key, request, seed, created_at) VALUES (?, ?, ?, ?, ?)
                    """, arguments: [owner, key, request, seed, now.timeIntervalSince1970])
            let isNew = db.changesCount > 0
            let row = try GRDB.Row.fetchOne(
                db, sql: "SELECT request, seed, answer FROM request_key WHERE owner = ? AND key = ?",
                arguments: [owner, key])
            return RequestKey(
                request: row?["request"] ?? request, seed: row?["seed"] ?? seed, answer: row?["answer"], isNew: isNew)
        }
    }

    /// Keeps the first answer to the request of a key.
    package func keep(_ answer: String, key: String, of owner: String) throws {
        try write {
            try $0.execute(
                sql: "UPDATE request_key SET answer = ? WHERE owner = ? AND key = ? AND answer IS NULL",
                arguments: [answer, owner, key])
        }
    }

    /// Forgets a key whose request was refused.
    package func release(_ key: String, of owner: String) throws {
        try write {
            try $0.execute(
                sql: "DELETE FROM request_key WHERE owner = ? AND key = ? AND answer IS NULL", arguments: [owner, key])
        }
    }
}
