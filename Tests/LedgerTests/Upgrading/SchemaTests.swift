import GRDB
import Nouns
import TestSupport
import Testing

@testable import Ledger

/// The schema stands in one text, and its rules hold whatever the code does.
struct SchemaTests {
    let sandbox: Sandbox
    let ledger: Ledger

    init() throws {
        sandbox = try Sandbox()
        ledger = try Ledger(path: sandbox.layout.ledger)
    }

    @Test func migrationsSumToTheSchema() throws {
        let schema = try ledger.read { try SchemaText.of($0) }
        let input = Migration.all.enumerated().map { "\($0 + 1) \($1.name)" }.joined(separator: "\n")
        #expect(
            try Golden("LedgerTests/Golden").difference("schema", input: input, output: schema) == nil)
    }

    /// A shipped step that changes would give new ledgers another schema than old ones have.
    @Test func migrationsNameNoTypeOfTheProgram() {
        for migration in Migration.all {
            #expect(!migration.sql.contains("\\("), "\(migration.name)")
            #expect(!migration.name.isEmpty)
        }
        #expect(Set(Migration.all.map(\.name)).count == Migration.all.count)
    }

    @Test func theStateOfAllThatHasOneComesFromItsBody() throws {
        let sample = try LedgerSample()
        try ledger.write { try sample.write($0) }
        try ledger.read { db in
            for table in ["drop_file", "run", "experiment", "export"] {
                let other = try Int.fetchOne(
                    db, sql: "SELECT COUNT(*) FROM \(table) WHERE state IS NOT json_extract(body, '$.state')")
                #expect(other == 0, "\(table)")
            }
            #expect(try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM run WHERE state = 'promoted'") == 1)
        }
        for statement in [
            "UPDATE run SET state = 'failed'", "UPDATE drop_file SET state = 'revoked'",
            "UPDATE run SET body = json_set(body, '$.state', 'lost')",
            "UPDATE run SET body = json_remove(body, '$.state')", "UPDATE run SET body = '{'",
            "UPDATE experiment SET body = json_set(body, '$.state', 'running')",
            "UPDATE experiment SET body = json_set(body, '$.run', 'r-0')",
        ] {
            #expect(throws: DatabaseError.self, "\(statement)") {
                try ledger.write { try $0.execute(sql: statement) }
            }
        }
    }

    @Test func aCommittedChangeSurvivesAPowerCut() throws {
        let synchronous = try ledger.pool.writeWithoutTransaction { db in
            try (
                Int.fetchOne(db, sql: "PRAGMA synchronous"), String.fetchOne(db, sql: "PRAGMA journal_mode"),
                Int.fetchOne(db, sql: "PRAGMA foreign_keys")
            )
        }
        #expect(synchronous == (2, "wal", 1), "2 is FULL")
    }
}
