import ControlProtocol
import Foundation
import Ledger
import Nouns
import Platform
import StageKit
import Synchronization

/// Where files that people keep lie: each content once, and only as long as a row of the ledger names it.
package final class FileStore: Sendable {
    /// Bytes that a file may have, and a part of one.
    package static let usualLimit = 512 << 20
    package static let partLimit = 64 << 20
    /// How long the remains of an interrupted request lie before they are cleared away.
    private static let patience = 86_400.0

    let context: StageContext
    let limit: Int
    /// Held while a content gets or loses its row, so that none goes that somebody just kept again.
    private let naming = Mutex(())

    package init(_ context: StageContext, limit: Int = FileStore.usualLimit) {
        self.context = context
        self.limit = limit
    }

    /// A file to write what comes into. Throws a Failure (`disk.low`) where there is no room for any.
    func begin(field: String, limit: Int, withSum: Bool = false) throws -> ComingFile {
        let layout = context.layout
        let least = context.settings.daemon.minimumFreeBytes
        if let free = System.freeBytes(layout.state), free < least {
            throw Failure(
                code: "disk.low", "Only \(free >> 20) MiB of the daemon's disk are free, so no file is taken.",
                at: layout.state, remedy: "Free space on that disk; `ftctl gc` says what can go.")
        }
        try AtomicFile.makeFolder(layout.comingFiles)
        return try ComingFile(folder: layout.comingFiles, limit: limit, field: field, withSum: withSum)
    }

    /// Keeps a content that has come whole, with the row that `record` writes of it.
    func keep(_ file: ComingFile, sha256: String, _ record: () throws -> Void) throws {
        try naming.withLock { _ in
            let name = context.layout.keptFile(sha256)
            let isNew = !FileManager.default.fileExists(atPath: name)
            if isNew { try file.take(name) }
            do { try record() } catch {
                if isNew { unlink(name) }
                throw error
            }
        }
    }

    /// Forgets a file, and its content with the last that has it; false where it was forgotten before.
    func remove(_ file: KeptFile) throws -> Bool {
        try naming.withLock { _ in
            guard try context.ledger.removeKeptFile(file.id) else { return false }
            if try !context.ledger.keptContents().contains(file.sha256) {
                unlink(context.layout.keptFile(file.sha256))
            }
            return true
        }
    }

    /// Forgets the files of whoever asks that have any of these contents; returns their bytes.
    func forget(_ contents: Set<String>, of who: Principal) throws -> Int {
        var bytes = 0
        for file in try context.ledger.keptFiles(having: contents) where who.owns(file.owner) {
            if try remove(file) { bytes += file.bytes }
        }
        return bytes
    }

    /// Clears away what is expired, and what a daemon left that was killed between two steps.
    func clear(_ now: Date = Date()) throws {
        let layout = context.layout
        try naming.withLock { _ in
            try context.ledger.removeExpiredFiles(now)
            let kept = try context.ledger.keptContents()
            for name in entries(layout.keptFiles) where name.utf8.count == 64 && !kept.contains(name) {
                unlink(layout.keptFile(name))
            }
        }
        for name in entries(layout.comingFiles) {
            var status = stat()
            let path = layout.comingFiles + "/" + name
            if lstat(path, &status) == 0, Double(status.st_mtim.tv_sec) < now.timeIntervalSince1970 - Self.patience {
                unlink(path)
            }
        }
        let pending = try context.ledger.pendingUploads(now)
        for name in entries(layout.allParts) where !pending.contains(name) {
            try FileManager.default.removeItem(atPath: layout.parts(name))
        }
    }

    private func entries(_ folder: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    }
}
