import GRDB
import Nouns

extension Ledger {
    /// All registered bases, by identifier.
    package func bases() throws -> [BaseCard] {
        try read { try Self.nouns(BaseCard.self, $0, "SELECT body FROM base ORDER BY id") }
    }

    /// One base, or nil.
    package func base(_ id: BaseID) throws -> BaseCard? {
        try read { try Self.nouns(BaseCard.self, $0, "SELECT body FROM base WHERE id = ?", [id.rawValue]).first }
    }

    /// Registers a base. Throws a Failure where the identifier or the same bytes are registered already.
    package func add(_ card: BaseCard) throws {
        try write { db in
            if let same = try String.fetchOne(
                db, sql: "SELECT id FROM base WHERE digest = ? OR id = ?", arguments: [card.digest, card.id.rawValue])
            {
                throw Failure(
                    code: "base.exists", "This base is registered already, as '\(same)'.", at: same,
                    remedy: same == card.id.rawValue
                        ? "Choose another --id, or remove that base first." : "Use '\(same)'.")
            }
            try db.execute(
                sql: "INSERT INTO base (id, digest, body) VALUES (?, ?, ?)",
                arguments: [card.id.rawValue, card.digest, try Self.body(card)])
        }
    }

    /// Replaces what is measured of a base.
    package func update(_ card: BaseCard) throws {
        try write { db in
            try db.execute(
                sql: "UPDATE base SET body = ? WHERE id = ?", arguments: [try Self.body(card), card.id.rawValue])
        }
    }

    /// Removes a base that no run was made from. Throws a Failure where one was.
    package func removeBase(_ id: BaseID) throws {
        try write { db in
            if let run = try String.fetchOne(
                db, sql: "SELECT id FROM run WHERE base = ? LIMIT 1", arguments: [id.rawValue])
            {
                throw Failure(
                    code: "base.in_use", "The base '\(id)' is in use: run \(run) was made from it.", at: id.rawValue,
                    remedy: "Keep it for as long as models made from it are kept.")
            }
            try db.execute(sql: "DELETE FROM base WHERE id = ?", arguments: [id.rawValue])
        }
    }
}
