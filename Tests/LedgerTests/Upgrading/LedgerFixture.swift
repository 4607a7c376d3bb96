import Foundation
import GRDB
import TestSupport
import Testing

@testable import Ledger

/// A ledger of an earlier schema, with rows, as the SQL that makes it: `Tests/Fixtures/Ledgers/03-datasets.sql`.
///
/// One that lies there is never made anew: it says what that day's program wrote. `FINETUNED_REGENERATE=1` writes the
/// one of a new migration.
struct LedgerFixture: Sendable, CustomTestStringConvertible {
    let name: String
    /// The schema it has: how many migrations it took.
    let schema: Int
    /// What the program of that day did differently from the migrations as they are now.
    var otherwise = ""

    var testDescription: String { name }

    /// A fixture for every schema, and for the two that were mended on the days after they first shipped.
    static let all: [LedgerFixture] =
        Migration.all.enumerated().map { index, migration in
            let words = migration.name.replacing("1 ", with: "").replacing(" ", with: "-")
            return LedgerFixture(name: String(format: "%02d-", index + 1) + words, schema: index + 1)
        } + [
            LedgerFixture(
                name: "03-datasets-first", schema: 3,
                otherwise: """
                    CREATE TABLE quality_report (
                        pipeline TEXT NOT NULL, subject TEXT NOT NULL, at REAL NOT NULL, body TEXT NOT NULL,
                        sketch BLOB, PRIMARY KEY (pipeline, subject)) STRICT;
                    """),
            LedgerFixture(name: "08-row-table-first", schema: 8, otherwise: "DROP INDEX drop_unindexed;"),
        ]

    /// Makes the ledger at `path`, in the journal mode that the daemon leaves it in.
    func make(at path: String) throws {
        let file = TestSupport.fixture("Ledgers/\(name).sql")
        if Golden.isRewriting, !FileManager.default.fileExists(atPath: file) { try write(to: file) }
        let sql = try String(contentsOfFile: file, encoding: .utf8)
        let queue = try DatabaseQueue(path: path, configuration: Self.unchecked)
        try queue.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA journal_mode = WAL")
            try db.execute(sql: sql)
        }
        try queue.close()
    }

    private func write(to file: String) throws {
        let queue = try DatabaseQueue(configuration: Self.unchecked)
        let text = try queue.write { db in
            let upgrade = Upgrade(path: "", migrations: Array(Migration.all.prefix(schema)))
            try upgrade.takeSteps(db)
            try LedgerSample().write(db)
            try db.execute(sql: otherwise)
            return try Self.dump(db)
        }
        try FileManager.default.createDirectory(
            atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try text.write(toFile: file, atomically: true, encoding: .utf8)
    }

    private static var unchecked: Configuration {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        return configuration
    }

    /// Tables with their rows, then what is built on them.
    private static func dump(_ db: Database) throws -> String {
        var text = ""
        for table in try Row.fetchAll(
            db, sql: "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND sql IS NOT NULL ORDER BY rowid")
        {
            let name: String = table["name"]
            text += (table["sql"] as String) + ";\n"
            let columns = try LedgerSample.writable(name, db).sorted()
            let list = columns.joined(separator: ", ")
            let quoted = columns.map { "quote(\($0))" }.joined(separator: " || ', ' || ")
            for values in try String.fetchAll(db, sql: "SELECT \(quoted) FROM \(name)") {
                text += "INSERT INTO \(name) (\(list)) VALUES (\(values));\n"
            }
        }
        for sql in try String.fetchAll(
            db, sql: "SELECT sql FROM sqlite_master WHERE type <> 'table' AND sql IS NOT NULL ORDER BY rowid")
        {
            text += sql + ";\n"
        }
        return text
    }
}
