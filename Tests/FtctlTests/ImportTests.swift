import CSQLite
import Foundation
import Nouns
import TestSupport
import Testing

@testable import ftctl

/// Rows of databases: what is asked, and what comes of it.
struct ImportTests {
    private let sandbox: Sandbox
    private var database: String { sandbox.root + "/app.db" }

    init() throws { sandbox = try Sandbox() }

    private func execute(_ sql: String) throws {
        var connection: OpaquePointer?
        defer { sqlite3_close_v2(connection) }
        try #require(sqlite3_open(database, &connection) == SQLITE_OK)
        try #require(sqlite3_exec(connection, sql, nil, nil, nil) == SQLITE_OK)
    }

    /// What an import brings, and the lines that it writes.
    private func rows(_ query: String, _ key: String = "id", after last: JSONValue = .integer(.min)) throws -> (
        answer: ImportedRows, lines: [String]
    ) {
        var answer = ImportedRows(import: "test", since: nil)
        let path = sandbox.root + "/rows"
        try answer.write(SQLiteRows(database, query: query, last: last), key, to: path)
        return (answer, try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init))
    }

    @Test(arguments: [
        ("SELECT * FROM t WHERE id > :last ORDER BY id", nil),
        ("select * from t where t.\"id\" > :last\norder  by t.\"ID\" asc limit 5", nil),
        ("SELECT * FROM (SELECT * FROM t ORDER BY x) WHERE id > :last ORDER BY id, x", nil),
        ("SELECT * FROM t ORDER BY id", "no :last"), ("SELECT * FROM t WHERE id > :lastly ORDER BY id", "no :last"),
        ("SELECT * FROM t WHERE id > :last", "order of the key"),
        ("SELECT * FROM t WHERE id > :last ORDER BY id DESC", "order of the key"),
        ("SELECT * FROM t WHERE id > :last ORDER BY x, id", "order of the key"),
    ]) func aQueryAsksForWhatIsNewInOrder(query: String, fault: String?) {
        let found = ImportQuery(text: query, key: "id").fault
        #expect(fault.map { found?.contains($0) == true } ?? (found == nil), "\(found ?? "")")
    }

    @Test func theCommandLineIsRefusedWithout() {
        for line in [
            "data import --sqlite a.db --query 'SELECT 1' --key id --pipeline p",
            "data import --sqlite a.db --query 'SELECT id FROM t WHERE id > :last ORDER BY id' --pipeline p",
            "drop add p a.csv --as prompt", "drop add p a.csv --as prompt=a,prompt=b", "drop add p a.csv --as odd=a",
            "drop add p a.csv --as prompt=a,completion=a",
        ] {
            let fault = #expect(throws: (any Error).self) { _ = try OutputHarness.parse(line) }
            #expect(fault.map { Ftctl.exitCode(for: $0).rawValue } == 64, "\(line)")
        }
    }

    @Test func columnsAreNamedByOurs() throws {
        let command = try #require(
            try OutputHarness.parse("drop add p a.csv --as 'prompt=The question,completion=x=y' --as system=s")
                as? DropAdd)
        #expect(try command.names.columns() == ["prompt": "The question", "completion": "x=y", "system": "s"])
    }

    @Test func valuesKeepTheirKind() throws {
        try execute(
            """
            CREATE TABLE t (id INTEGER PRIMARY KEY, a, b, c, d);
            INSERT INTO t VALUES (1, 'é"', 0.5, NULL, x'00ff'), (9007199254740993, '', 9e999, 'z', 1);
            """)
        let (answer, lines) = try rows("SELECT * FROM t WHERE id > :last ORDER BY id")
        #expect(answer.rows == 2 && answer.last == .integer(9_007_199_254_740_993))
        #expect(
            lines == [
                #"{"a":"é\"","b":0.5,"c":null,"d":"AP8=","id":1}"#,
                #"{"a":"","b":null,"c":"z","d":1,"id":9007199254740993}"#,
            ])
        #expect(try rows("SELECT * FROM t WHERE id > :last ORDER BY id", after: .integer(1)).answer.rows == 1)
        #expect(try rows("SELECT * FROM t WHERE id > :last ORDER BY id", after: answer.last ?? .null).answer.rows == 0)
    }

    @Test func aDatabaseMayKeepItsTextsAsUTF16() throws {
        try execute("PRAGMA encoding = 'UTF-16'; CREATE TABLE t (id INTEGER, a); INSERT INTO t VALUES (1, 'grün 🌱');")
        #expect(
            try rows("SELECT * FROM t WHERE id > :last ORDER BY id").lines == [#"{"a":"grün 🌱","id":1}"#])
    }

    @Test func aTextIsAKeyAsWell() throws {
        try execute("CREATE TABLE t (id TEXT); INSERT INTO t VALUES ('b'), ('a'), ('é'), (' ');")
        let (answer, lines) = try rows("SELECT id FROM t WHERE id > :last ORDER BY id", after: .string(""))
        #expect(lines.count == 4 && answer.last == "é" && answer.lastText == "é")
        #expect(try rows("SELECT id FROM t WHERE id > :last ORDER BY id", after: "b").answer.rows == 1)
    }

    @Test(arguments: [
        ("SELECT id FROM t WHERE id > :last ORDER BY id", "x", "no column"),
        ("SELECT -id AS id FROM t WHERE t.id > :last ORDER BY t.id", "id", "order"),
        ("SELECT 1 AS id FROM t WHERE t.id > :last ORDER BY id", "id", "order"),
        ("SELECT NULL AS id FROM t WHERE t.id > :last ORDER BY id", "id", "null"),
        ("SELECT id, 1 AS id FROM t WHERE t.id > :last ORDER BY id", "id", "one name"),
        ("DELETE FROM t WHERE id > :last RETURNING id", "id", "only read"),
        ("SELECT id FROM t WHERE id > :last; DROP TABLE t", "id", "one statement"),
        ("SELECT id FROM t WHERE id > :last AND id < :other", "id", "other parameters"),
        ("SELECT id FROM absent WHERE id > :last", "id", "no such table"), ("", "id", "one statement"),
    ]) func whatCannotBeCountedIsMisuse(query: String, key: String, word: String) throws {
        try execute("CREATE TABLE t (id INTEGER); INSERT INTO t VALUES (1), (2);")
        let misuse = #expect(throws: SQLiteRows.Misuse.self) { _ = try rows(query, key) }
        #expect(misuse?.message.contains(word) == true, "\(misuse?.message ?? "")")
        #expect(try rows("SELECT id FROM t WHERE id > :last ORDER BY id").answer.rows == 2)
    }

    @Test func aDatabaseThatIsNoneIsNamed() throws {
        let absent = #expect(throws: Failure.self) {
            _ = try rows("SELECT id FROM t WHERE id > :last ORDER BY id")
        }
        #expect(absent?.code == "import.database" && absent?.place == database)
        #expect(!FileManager.default.fileExists(atPath: database))
        try Data(repeating: 7, count: 8192).write(to: URL(filePath: database))
        #expect(throws: Failure.self) { _ = try rows("SELECT id FROM t WHERE id > :last ORDER BY id") }
    }

    @Test func whatAnImportSays() throws {
        var answer = ImportedRows(import: "sqlite:/srv/app.db#0123456789ab", since: .integer(4))
        let line =
            "data import --sqlite app.db --key id --pipeline tickets "
            + "--query 'SELECT id FROM t WHERE id > :last ORDER BY id'"
        try OutputHarness.expect("data-import-none", line, DataImport.self, answer)
        (answer.rows, answer.last, answer.drop) = (3, .integer(7), Answers.stored)
        try OutputHarness.expect("data-import", line, DataImport.self, answer)
    }
}
