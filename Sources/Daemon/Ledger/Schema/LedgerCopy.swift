import Foundation
import GRDB
import Nouns
import Platform

/// A copy of the ledger as it was before a change of its schema, beside it: `ledger.sqlite.before-8`.
struct LedgerCopy: Sendable {
    /// The ledger's path.
    let ledger: String
    /// The schema that the copy has: how many migrations it took.
    let schema: Int

    /// How many copies are kept.
    static let kept = 2

    var path: String { prefix + String(schema) }
    private var prefix: String { ledger + ".before-" }

    /// Copies what an open ledger holds, its write-ahead log included, makes that durable, gives it its name and
    /// removes all copies but this one and the newest other.
    ///
    /// Throws a Failure (`ledger.copy`) where it cannot; no half-made copy is left then.
    func make(from source: DatabaseQueue) throws {
        let partial = path + ".partial"
        do {
            try removeFile(partial)
            try Self.write(source, to: partial)
            try makeDurable(partial)
            try AtomicFile.rename(partial, to: path)
            try removeOlder()
        } catch {
            unlink(partial)
            throw refusal(error)
        }
    }

    /// Why the ledger is not upgraded, and what to do.
    func refusal(_ error: any Error) -> Failure {
        let size = (Self.size(ledger) + Self.size(ledger + "-wal")) >> 20 + 1
        let isFull = (error as? DatabaseError)?.resultCode == .SQLITE_FULL || (error as? FileFailure)?.isFull == true
        return Failure(
            code: isFull ? "disk.full" : "ledger.copy",
            "The ledger was not upgraded, because it cannot be copied to \(path) first; it is as it was.", at: ledger,
            remedy: isFull
                ? "Free at least \(size) MB on that disk, and as much again for the upgrade."
                : "Give the daemon's user access to that folder, then start it again.",
            cause: "\(error)")
    }

    /// Copies page by page within one read transaction.
    static func write(_ source: DatabaseQueue, to path: String) throws {
        var configuration = Configuration()
        configuration.prepareDatabase { db in
            // The whole is made durable once it is written, and is thrown away where it is not.
            try db.execute(sql: "PRAGMA journal_mode = OFF")
            try db.execute(sql: "PRAGMA synchronous = OFF")
        }
        let target = try DatabaseQueue(path: path, configuration: configuration)
        try source.backup(to: target)
        try target.close()
    }

    private func makeDurable(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileFailure("open it", path, errno: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard stat(ledger, &status) == 0 else { throw FileFailure("look at it", ledger, errno: errno) }
        guard fchmod(descriptor, status.st_mode & 0o777) == 0, fsync(descriptor) == 0 else {
            throw FileFailure("make it durable", path, errno: errno)
        }
    }

    private func removeOlder() throws {
        let folder = (ledger as NSString).deletingLastPathComponent
        let name = (prefix as NSString).lastPathComponent
        let others = try FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)
            .compactMap { $0.hasPrefix(name) ? Int($0.dropFirst(name.count)) : nil }
            .filter { $0 != schema }.sorted(by: >)
        for other in others.dropFirst(Self.kept - 1) { try removeFile(prefix + String(other)) }
    }

    private func removeFile(_ path: String) throws {
        guard unlink(path) == 0 || errno == ENOENT else { throw FileFailure("remove it", path, errno: errno) }
    }

    /// Bytes of a file; 0 where there is none.
    static func size(_ path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }
}
