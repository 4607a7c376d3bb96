import CSQLite
import Foundation
import Nouns

/// The rows that a query gives from an SQLite database, which is opened for reading only.
final class SQLiteRows {
    /// What is wrong with the query, which is for the command line to say.
    struct Misuse: Error {
        var message: String
    }

    private var database: OpaquePointer?
    private var statement: OpaquePointer?
    private let file: String
    private var columns: [String] = []

    /// How long a database that somebody writes to is waited for, in milliseconds.
    private static let patience: Int32 = 30_000

    /// Opens the database and asks. Throws a Failure (`import.database`) and a ``Misuse``.
    ///
    /// - Parameter last: what `:last` is.
    init(_ file: String, query: String, last: JSONValue) throws {
        self.file = file
        guard sqlite3_open_v2(file, &database, SQLITE_OPEN_READONLY, nil) == SQLITE_OK else { throw failure() }
        sqlite3_busy_timeout(database, Self.patience)
        var rest = ""
        let status = query.withCString { text in
            var tail: UnsafePointer<CChar>?
            let status = sqlite3_prepare_v2(database, text, -1, &statement, &tail)
            if let tail { rest = String(cString: tail) }
            return status
        }
        guard status == SQLITE_OK else {
            if status & 0xFF == SQLITE_ERROR { throw Misuse(message: "SQLite refuses the query: \(reason)") }
            throw failure()
        }
        guard statement != nil, rest.allSatisfy({ $0.isWhitespace || $0 == ";" }) else {
            throw Misuse(message: "The query is not one statement.")
        }
        guard sqlite3_stmt_readonly(statement) != 0 else { throw Misuse(message: "The query does not only read.") }
        let index = sqlite3_bind_parameter_index(statement, ":last")
        guard index > 0, sqlite3_bind_parameter_count(statement) == 1 else {
            throw Misuse(message: "The query has no :last, or other parameters as well.")
        }
        guard bind(last, index) == SQLITE_OK else { throw failure() }
        columns = (0..<sqlite3_column_count(statement)).map { String(cString: sqlite3_column_name(statement, $0)) }
        guard Set(columns).count == columns.count else {
            throw Misuse(message: "The query has two columns of one name; give each a name by AS.")
        }
    }

    deinit {
        sqlite3_finalize(statement)
        sqlite3_close_v2(database)
    }

    /// Whether the rows have a column.
    func hasColumn(_ name: String) -> Bool { columns.contains(name) }

    /// The next row; nil at the end. Texts and numbers are what they are, blobs are Base64, and a number that is no
    /// number is null.
    func next() throws -> [String: JSONValue]? {
        switch sqlite3_step(statement) {
        case SQLITE_ROW:
            return Dictionary(
                uniqueKeysWithValues: columns.enumerated().map { ($1, value(Int32($0))) })
        case SQLITE_DONE: return nil
        default: throw failure()
        }
    }

    private func value(_ column: Int32) -> JSONValue {
        switch sqlite3_column_type(statement, column) {
        case SQLITE_INTEGER: return .integer(sqlite3_column_int64(statement, column))
        case SQLITE_FLOAT:
            let number = sqlite3_column_double(statement, column)
            return number.isFinite ? .number(number) : .null
        case SQLITE_TEXT:
            // Asked for first: it is what makes UTF-8 of a text, which a database may keep as UTF-16.
            let start = UnsafeRawPointer(sqlite3_column_text(statement, column))
            return .string(String(decoding: bytes(start, column), as: UTF8.self))
        case SQLITE_BLOB:
            return .string(Data(bytes(sqlite3_column_blob(statement, column), column)).base64EncodedString())
        default: return .null
        }
    }

    private func bytes(_ start: UnsafeRawPointer?, _ column: Int32) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, column)))
    }

    private func bind(_ value: JSONValue, _ index: Int32) -> Int32 {
        switch value {
        case .integer(let number): return sqlite3_bind_int64(statement, index, number)
        case .number(let number): return sqlite3_bind_double(statement, index, number)
        case .string(let text):
            // SQLITE_TRANSIENT: SQLite keeps a copy.
            return sqlite3_bind_text(
                statement, index, text, Int32(text.utf8.count), unsafeBitCast(-1, to: sqlite3_destructor_type.self))
        default: return sqlite3_bind_null(statement, index)
        }
    }

    private var reason: String { String(cString: sqlite3_errmsg(database)) }

    private func failure() -> Failure {
        Failure(
            code: "import.database", "SQLite cannot read the database: \(reason).", at: file,
            remedy: "Check the path, that you may read the file and its folder, and that it is an SQLite database.")
    }
}
