import Foundation
import GRDB
import Nouns
import Platform

extension Ledger {
    /// The schema of this program: how many migrations it knows.
    package static var schema: Int { Migration.all.count }

    /// Copies the ledger as it is at one moment to a new file, while it is in use, by SQLite's online backup, and makes
    /// the copy durable.
    ///
    /// Throws a Failure (`disk.full`, `ledger.io`, …) or a ``FileFailure``; no half-made copy is left then.
    package func copy(to path: String) throws {
        do {
            var configuration = Configuration()
            configuration.prepareDatabase { db in
                // The whole is made durable once it is written, and is thrown away where it is not.
                try db.execute(sql: "PRAGMA journal_mode = OFF")
                try db.execute(sql: "PRAGMA synchronous = OFF")
            }
            let target = try DatabaseQueue(path: path, configuration: configuration)
            try pool.backup(to: target)
            try target.close()
            try makeDurable(path)
        } catch {
            unlink(path)
            guard let error = error as? DatabaseError else { throw error }
            throw fault(error)
        }
    }

    /// Closes the file, which has everything by then: its write-ahead log is empty. For a copy that was looked at.
    package func close() throws {
        do {
            try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
            try pool.close()
        } catch let error as DatabaseError { throw fault(error) }
    }
}

private func makeDurable(_ path: String) throws {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileFailure("open it", path, errno: errno) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw FileFailure("make it durable", path, errno: errno) }
}
