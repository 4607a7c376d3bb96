import Foundation
import GRDB

/// Table `token`: who may ask without being a user of this machine.
extension Ledger {
    /// Keeps a token; false where there is one of that name.
    package func add(_ token: Token) throws -> Bool {
        try write { db in
            try db.execute(
                sql: """
                    INSERT OR IGNORE INTO token (id, name, role, sha256, created_at, created_by)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    token.id, token.name, token.role, token.digest, token.createdAt.timeIntervalSince1970,
                    token.createdBy,
                ])
            return db.changesCount > 0
        }
    }

    package func token(_ id: String) throws -> Token? {
        try read { try Self.tokens($0, "WHERE id = ?", [id]).first }
    }

    /// All of them, by name.
    package func tokens() throws -> [Token] { try read { try Self.tokens($0, "ORDER BY name") } }

    /// Forgets the token of a name, and returns it; nil where there is none.
    package func removeToken(_ name: String) throws -> Token? {
        try write { db in
            guard let token = try Self.tokens(db, "WHERE name = ?", [name]).first else { return nil }
            try db.execute(sql: "DELETE FROM token WHERE id = ?", arguments: [token.id])
            return token
        }
    }

    private static func tokens(_ db: Database, _ rest: String, _ arguments: StatementArguments = []) throws -> [Token] {
        try GRDB.Row.fetchAll(
            db, sql: "SELECT id, name, role, sha256, created_at, created_by FROM token \(rest)", arguments: arguments
        ).map { row in
            Token(
                id: row["id"], name: row["name"], role: row["role"], digest: row["sha256"],
                createdAt: Date(timeIntervalSince1970: row["created_at"]), createdBy: row["created_by"])
        }
    }
}
