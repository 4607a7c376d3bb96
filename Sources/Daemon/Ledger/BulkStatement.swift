import GRDB
import GRDBSQLite

/// A prepared statement that is run once for every row of a dataset: it keeps what is bound until that is bound anew,
/// and makes no arrays of values.
struct BulkStatement {
    private let statement: Statement
    private var handle: SQLiteStatement { statement.sqliteStatement }
    /// SQLite is to copy what is bound (`SQLITE_TRANSIENT`).
    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    /// Prepares the statement, or takes the one that was prepared before on this connection.
    init(_ db: Database, _ sql: String) throws {
        statement = try db.cachedStatement(sql: sql)
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
    }

    /// Binds a text to the parameter at `index`, from 1.
    func bind(_ index: Int32, _ text: String?) {
        guard var text else {
            sqlite3_bind_null(handle, index)
            return
        }
        // No bytes have no address, which would be no text.
        guard !text.isEmpty else {
            sqlite3_bind_text(handle, index, "", 0, Self.transient)
            return
        }
        text.withUTF8 { bytes in
            _ = bytes.withMemoryRebound(to: CChar.self) {
                sqlite3_bind_text(handle, index, $0.baseAddress, Int32(truncatingIfNeeded: $0.count), Self.transient)
            }
        }
    }

    func bind(_ index: Int32, _ number: Int) { sqlite3_bind_int64(handle, index, Int64(number)) }

    /// Runs a statement that gives no rows. Throws a `DatabaseError`.
    func run() throws {
        defer { sqlite3_reset(handle) }
        guard sqlite3_step(handle) == SQLITE_DONE else { throw failure() }
    }

    /// The text in the first column of the first row, or nil where there is no row or no text. Throws a
    /// `DatabaseError`.
    func text() throws -> String? {
        defer { sqlite3_reset(handle) }
        return try step() ? sqlite3_column_text(handle, 0).map { String(cString: $0) } : nil
    }

    /// Whether there is a row. Throws a `DatabaseError`.
    func exists() throws -> Bool {
        defer { sqlite3_reset(handle) }
        return try step()
    }

    private func step() throws -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: true
        case SQLITE_DONE: false
        default: throw failure()
        }
    }

    private func failure() -> DatabaseError {
        let connection = sqlite3_db_handle(handle)
        return DatabaseError(
            resultCode: ResultCode(rawValue: sqlite3_extended_errcode(connection)),
            message: String(cString: sqlite3_errmsg(connection)), sql: statement.sql)
    }
}
