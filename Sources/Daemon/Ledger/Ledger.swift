import Foundation
import GRDB
import GRDBSQLite
import Nouns
import Platform
import Synchronization

/// The daemon's only database: what one stage hands to the next is a row here, and nothing else.
///
/// Every write method is one transaction that keeps an invariant; after kill -9 at any instant each stage asks again
/// and goes on.
package final class Ledger: Sendable {
    let pool: DatabasePool
    /// What opening it changed; nil where it was new or had the present schema.
    package let upgrade: LedgerUpgrade?
    let lineages = LineageCache()
    let trainings = TrainingCache()
    private let decodedRuns = DecodedNouns<Run>(size: 256)
    /// Those of some years; a pipeline's are asked for as a whole.
    let decodedPromotions = DecodedNouns<PromotionRecord>(size: 8192)
    /// What is served, the start and the newest: each names every row file of its pipeline.
    let decodedSnapshots = DecodedNouns<Snapshot>(size: 3)
    private let file: FileIdentity?
    let path: String
    private let faults = Mutex<[String: String]>([:])
    /// Tells of each transaction that has changed something.
    package let changes = Announcer()

    /// Opens (or makes) the database at `path` and brings its schema up to date; a copy of what it was is kept
    /// beside it.
    ///
    /// Throws a Failure that names the file, and changes nothing, where it is damaged (`ledger.unusable`), of a newer
    /// program (`ledger.newer`), cannot be copied before the upgrade (`ledger.copy`) or not be upgraded
    /// (`ledger.upgrade`).
    package convenience init(path: String) throws { try self.init(Upgrade(path: path)) }

    init(_ upgrade: Upgrade) throws {
        var configuration = Configuration()
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA foreign_keys = ON")
            // Rows come in the order of digests: with SQLite's own 2 MB every row of a batch would read and write pages
            // of two trees. Readers need less: every write of another connection empties their cache.
            try db.execute(sql: "PRAGMA cache_size = \(db.configuration.readonly ? -6000 : -24000)")
            try db.execute(sql: "PRAGMA wal_autocheckpoint = 8000")
            // What is deleted is overwritten: texts of withdrawn rows do not stay in free pages.
            if !db.configuration.readonly { try db.execute(sql: "PRAGMA secure_delete = ON") }
            Self.endWithItsTask(db)
        }
        // One for each thread that may read at a time, so that whoever answers never waits for a stage's reading. Those
        // that nobody needs are not opened.
        configuration.maximumReaderCount = 24
        // Another program's short transaction is waited for here, a longer one by whoever wanted to write.
        configuration.busyMode = .timeout(2)
        do {
            self.upgrade = try upgrade.prepare()
            pool = try DatabasePool(path: upgrade.path, configuration: configuration)
            path = upgrade.path
            file = FileIdentity(path)
            // A committed change of state survives a power cut. (The pool has asked for less, for its own journal.)
            try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            try upgrade.run(pool)
        } catch let error as DatabaseError {
            let fault = Self.fault(error, at: upgrade.path)
            if fault is Failure { throw fault }
            throw Failure(
                code: "ledger.unusable", "The ledger cannot be opened.", at: upgrade.path,
                remedy: "If it is damaged, restore it from a backup.",
                cause: "\(error)")
        }
    }

    /// Reads in one consistent view. Throws a CancellationError where the task is cancelled in a long question.
    func read<T>(_ body: (Database) throws -> T) throws -> T {
        do { return try pool.read(body) } catch let error as DatabaseError {
            throw error.resultCode == .SQLITE_INTERRUPT ? CancellationError() : fault(error)
        }
    }

    /// Writes in one transaction. Throws a Failure (`ledger.busy`, `disk.full`, `ledger.io`) where the machine does not
    /// let it, and nothing is written.
    @discardableResult
    func write<T>(_ body: (Database) throws -> T) throws -> T {
        do { return try announcing(body) } catch let error as DatabaseError { throw fault(error) }
    }

    /// Writes in one transaction that a cancelled task takes back, for what may take long. Throws a CancellationError
    /// then.
    @discardableResult
    func writeUnlessCancelled<T>(_ body: (Database) throws -> T) throws -> T {
        do { return try Self.$mayBeCancelled.withValue(true) { try announcing(body) } } catch let error as DatabaseError
        {
            throw error.resultCode == .SQLITE_INTERRUPT ? CancellationError() : fault(error)
        }
    }

    private func announcing<T>(_ body: (Database) throws -> T) throws -> T {
        let (value, isChanged) = try pool.write { db in
            let before = db.totalChangesCount
            let value = try body(db)
            return (value, db.totalChangesCount != before)
        }
        if isChanged { changes.announce() }
        return value
    }

    /// Whether what is written now may be taken back where its task is cancelled.
    @TaskLocal private static var mayBeCancelled = false

    /// Steps of SQLite's machine after which a statement asks whether anybody still waits for it: some milliseconds.
    private static let stepsBetweenQuestions: Int32 = 100_000

    /// Ends long reading (and writing that allows it) with the task that asked for it.
    private static func endWithItsTask(_ db: Database) {
        // What a connection is for is fixed, and a C function captures nothing.
        if db.configuration.readonly {
            sqlite3_progress_handler(
                db.sqliteConnection, stepsBetweenQuestions,
                { _ in
                    Pulse.beat()
                    return Task.isCancelled ? 1 : 0
                }, nil)
        } else {
            sqlite3_progress_handler(
                db.sqliteConnection, stepsBetweenQuestions,
                { _ in
                    Pulse.beat()
                    return Ledger.mayBeCancelled && Task.isCancelled ? 1 : 0
                }, nil)
        }
    }

    /// Whether the file that is open still lies under its name.
    package var isInPlace: Bool { FileIdentity(path) == file }

    /// Rows that could not be read, by identifier, with the reason; they are passed over wherever many are asked for.
    package var unreadable: [String: String] { faults.withLock { $0 } }

    /// The nouns that can be read among many; a row that cannot costs nothing but itself.
    func readable<T: Decodable>(
        _ type: T.Type, _ db: Database, _ sql: String, _ arguments: StatementArguments = []
    ) throws -> [T] {
        try GRDB.Row.fetchAll(db, sql: sql, arguments: arguments).compactMap { row in
            do {
                guard type == Run.self else { return try Self.noun(type, row["body"]) }
                let body: String = row["body"]
                return try decodedRuns.noun(row["id"], body) { try Self.noun(Run.self, body) } as? T
            } catch let error as DecodingError {
                let id: String = row["id"]
                faults.withLock { $0[id] = "\(error)" }
                return nil
            }
        }
    }

    /// Checks that the database answers; for the watchdog.
    package func ping() throws { _ = try pool.read { try Int.fetchOne($0, sql: "SELECT 1") } }

    /// JSON of a noun as it is stored.
    static func body(_ value: some Encodable) throws -> String {
        String(decoding: try ContractCoding.encode(value), as: UTF8.self)
    }

    /// A noun from its stored JSON.
    static func noun<T: Decodable>(_ type: T.Type, _ text: String) throws -> T {
        try ContractCoding.decode(type, from: Data(text.utf8))
    }

    static func nouns<T: Decodable>(_ type: T.Type, _ db: Database, _ sql: String, _ arguments: StatementArguments = [])
        throws -> [T]
    {
        try String.fetchAll(db, sql: sql, arguments: arguments).map { try noun(type, $0) }
    }
}
