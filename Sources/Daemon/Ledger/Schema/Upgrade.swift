import Foundation
import GRDB
import Nouns

/// Brings the ledger at `path` to the schema of this program: all missing steps are one transaction, so a ledger is
/// never between two schemas.
struct Upgrade: Sendable {
    let path: String
    var migrations = Migration.all
    /// The version of this program, which the ledger remembers with the schema that it brought.
    var program = BuildVersion.text

    /// Looks at the ledger before anything is written: refuses one of a newer program, and keeps a copy of one that is
    /// about to change.
    ///
    /// Returns what is about to change; nil where the ledger is new or has the present schema. Throws a Failure
    /// (`ledger.newer`, `ledger.copy`), or a `DatabaseError` where the file cannot be read. The ledger is as it was in
    /// each case.
    @discardableResult
    func prepare() throws -> LedgerUpgrade? {
        guard LedgerCopy.size(path) > 0 else { return nil }
        var configuration = Configuration()
        configuration.readonly = true
        let ledger = try DatabaseQueue(path: path, configuration: configuration)
        try check(ledger)
        let applied = try ledger.read { db in
            let applied = try Self.applied(db)
            if !applied.isSubset(of: migrations.map(\.name)) { throw try newer(applied.count, db) }
            return applied.count
        }
        var change: LedgerUpgrade?
        if applied > 0, applied < migrations.count {
            let copy = LedgerCopy(ledger: path, schema: applied)
            try copy.make(from: ledger)
            change = LedgerUpgrade(former: applied, present: migrations.count, copy: copy.path)
        }
        try ledger.close()
        return change
    }

    /// Bytes up to which a ledger is looked through at each start; a larger one would hold it up.
    private static let checkedBytes = 256 << 20

    /// Throws a Failure (`ledger.damaged`) where pages of the ledger are not what they should be.
    private func check(_ ledger: DatabaseQueue) throws {
        guard LedgerCopy.size(path) <= Self.checkedBytes else { return }
        let finding = try ledger.read { try String.fetchOne($0, sql: "PRAGMA quick_check(1)") } ?? "ok"
        guard finding != "ok" else { return }
        throw Failure(
            code: "ledger.damaged", "The ledger is damaged, so the daemon does not touch it.", at: path,
            remedy: """
                Put it back from a backup (docs/operating.md, 'Backup'); `sqlite3 \(path) .recover` shows what can be \
                saved.
                """, cause: finding)
    }

    /// Takes the steps that the ledger lacks. Throws a Failure (`ledger.upgrade`) where one fails; none of them is
    /// taken then.
    func run(_ pool: DatabasePool) throws {
        guard try pool.read({ try Self.applied($0).count < migrations.count }) else { return }
        do {
            try pool.barrierWriteWithoutTransaction { try takeAll($0) }
        } catch let error as DatabaseError {
            throw Failure(
                code: error.resultCode == .SQLITE_FULL ? "disk.full" : "ledger.upgrade",
                "The ledger could not be brought to schema \(migrations.count); it is as it was.", at: path,
                remedy: error.resultCode == .SQLITE_FULL
                    ? "Free as much space on that disk as the ledger takes; the daemon goes on by itself."
                    : "Install the former finetuned again, which can go on with it, and report what follows.",
                cause: "\(error)")
        }
    }

    private func takeAll(_ db: Database) throws {
        // Tables that others refer to are made anew: references are checked when all is done.
        try db.execute(sql: "PRAGMA foreign_keys = OFF")
        let result = Result {
            try db.inTransaction(.immediate) {
                try takeSteps(db)
                try db.checkForeignKeys()
                return .commit
            }
        }
        try db.execute(sql: "PRAGMA foreign_keys = ON")
        try result.get()
    }

    /// Takes the steps that are lacking, within a transaction.
    func takeSteps(_ db: Database) throws {
        try db.execute(sql: "CREATE TABLE IF NOT EXISTS grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)")
        let applied = try Self.applied(db)
        for migration in migrations where !applied.contains(migration.name) {
            try db.execute(sql: migration.sql)
            try db.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES (?)", arguments: [migration.name])
        }
        guard try db.tableExists("upgrade") else { return }
        try db.execute(
            sql: "INSERT OR REPLACE INTO upgrade (schema, program, at) VALUES (?, ?, ?)",
            arguments: [migrations.count, program, Date().timeIntervalSince1970])
    }

    /// The names of the steps that the ledger took.
    static func applied(_ db: Database) throws -> Set<String> {
        guard try db.tableExists("grdb_migrations") else { return [] }
        return try String.fetchSet(db, sql: "SELECT identifier FROM grdb_migrations")
    }

    private func newer(_ schema: Int, _ db: Database) throws -> Failure {
        let recorded =
            try db.tableExists("upgrade")
            ? String.fetchOne(db, sql: "SELECT program FROM upgrade ORDER BY schema DESC LIMIT 1") : nil
        let writer = recorded.map { "finetuned \($0)" } ?? "a later finetuned"
        let copy = LedgerCopy(ledger: path, schema: migrations.count).path
        let former =
            FileManager.default.fileExists(atPath: copy) ? copy : "a copy of the ledger that finetuned \(program) wrote"
        return Failure(
            code: "ledger.newer",
            """
            The ledger has schema \(schema) and was written by \(writer); this is finetuned \(program), which knows \
            schemas up to \(migrations.count).
            """,
            at: path,
            remedy: """
                Install \(writer) again, or go back: put \(former) in its place, as docs/operating.md says under \
                'Going back'.
                """)
    }
}
