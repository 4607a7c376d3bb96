import Foundation
import GRDB

/// Table `kept_file`: files that people keep here.
extension Ledger {
    package func add(_ file: KeptFile) throws { try write { try Self.add(file, $0) } }

    static func add(_ file: KeptFile, _ db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO kept_file (id, owner, sha256, bytes, name, purpose, created_at, expires_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                file.id, file.owner, file.sha256, file.bytes, file.name, file.purpose,
                file.createdAt.timeIntervalSince1970, file.expiresAt?.timeIntervalSince1970,
            ])
    }

    package func keptFile(_ id: String) throws -> KeptFile? {
        try read { try Self.keptFiles($0, "WHERE id = ?", [id]) }.first
    }

    /// Files in the order in which they came, or the other way round.
    ///
    /// - Parameters:
    ///   - owner: only those of a user; nil for all.
    ///   - after: the file behind which the page begins.
    /// - Returns: nil where there is no file `after`, or it is not among those that are asked for.
    package func keptFiles(
        owner: String?, purpose: String?, after: String?, oldestFirst: Bool, limit: Int, now: Date
    ) throws -> [KeptFile]? {
        let wanted = """
            (?1 IS NULL OR owner = ?1) AND (?2 IS NULL OR purpose = ?2) AND (expires_at IS NULL OR expires_at > ?3)
            """
        let time = now.timeIntervalSince1970
        return try read { db in
            var start: Int?
            if let after {
                start = try Int.fetchOne(
                    db, sql: "SELECT number FROM kept_file WHERE \(wanted) AND id = ?4",
                    arguments: [owner, purpose, time, after])
                guard start != nil else { return nil }
            }
            let (sign, order) = oldestFirst ? (">", "ASC") : ("<", "DESC")
            return try Self.keptFiles(
                db, "WHERE \(wanted) AND (?4 IS NULL OR number \(sign) ?4) ORDER BY number \(order) LIMIT ?5",
                [owner, purpose, time, start, limit])
        }
    }

    /// Forgets a file; false where it was forgotten before.
    package func removeKeptFile(_ id: String) throws -> Bool {
        try write { db in
            try db.execute(sql: "DELETE FROM kept_file WHERE id = ?", arguments: [id])
            return db.changesCount > 0
        }
    }

    /// Forgets the files whose time is over.
    package func removeExpiredFiles(_ now: Date) throws {
        try write {
            try $0.execute(
                sql: "DELETE FROM kept_file WHERE expires_at <= ?", arguments: [now.timeIntervalSince1970])
        }
    }

    /// The files that have any of these contents.
    package func keptFiles(having contents: Set<String>) throws -> [KeptFile] {
        try read { db in
            try contents.sorted().flatMap { try Self.keptFiles(db, "WHERE sha256 = ? ORDER BY number", [$0]) }
        }
    }

    /// The digests of all contents that a kept file has.
    package func keptContents() throws -> Set<String> {
        try read { try String.fetchSet($0, sql: "SELECT DISTINCT sha256 FROM kept_file") }
    }

    private static func keptFiles(_ db: Database, _ rest: String, _ arguments: StatementArguments) throws
        -> [KeptFile]
    {
        try GRDB.Row.fetchAll(
            db,
            sql: "SELECT id, owner, sha256, bytes, name, purpose, created_at, expires_at FROM kept_file \(rest)",
            arguments: arguments
        ).map { row in
            let end: Double? = row["expires_at"]
            return KeptFile(
                id: row["id"], owner: row["owner"], sha256: row["sha256"], bytes: row["bytes"], name: row["name"],
                purpose: row["purpose"], createdAt: Date(timeIntervalSince1970: row["created_at"]),
                expiresAt: end.map { Date(timeIntervalSince1970: $0) })
        }
    }
}
