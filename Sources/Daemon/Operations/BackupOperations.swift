import ControlProtocol
import Foundation
import Ledger
import Nouns
import Platform
import Soundness
import StageKit

/// Copies of the ledger for backups: whoever makes one copies the files, and takes the ledger as it was at one moment
/// with the list of the files that it names.
package struct BackupOperations: Sendable {
    /// How long a copy waits to be taken.
    private static let life = 3600.0

    let context: StageContext

    package init(_ context: StageContext) { self.context = context }

    /// Copies the ledger as it is now. Throws a Failure (`disk.low`, `disk.full`, `ledger.…`) or a ``FileFailure``.
    package func open() throws -> BackupAnswer {
        try removeExpired()
        let layout = context.layout
        let free = System.freeBytes(layout.state) ?? .max
        guard free - (DiskSize.of(layout.ledger) ?? 0) > context.settings.daemon.minimumFreeBytes else {
            throw Failure(
                code: "disk.low", "There is no room for a copy of the ledger.", at: layout.state,
                remedy: "Free space on that disk; `ftctl gc` says what can go.")
        }
        let id = RandomName.new("b-")
        let folder = layout.backup(id)
        try AtomicFile.makeFolder(folder)
        do {
            let answer = try copy(id, to: folder)
            context.logger.info("A backup takes a copy of the ledger", metadata: ["stage": "backup"])
            return answer
        } catch {
            try? FileManager.default.removeItem(atPath: folder)
            throw error
        }
    }

    private func copy(_ id: String, to folder: String) throws -> BackupAnswer {
        let path = folder + "/" + BackupAnswer.ledgerName
        try context.ledger.copy(to: path)
        let at = Date()
        // What the copy names, and not what the ledger names by now.
        let copy = try Ledger(path: path)
        let there = StageContext(
            layout: context.layout, ledger: copy, settings: context.settings, logger: context.logger)
        let files = try SoundnessService.named(there)
        let lastRun = try copy.runs(limit: 1).first?.id
        try copy.close()
        try AtomicFile.write(try ContractCoding.encode(files), to: folder + "/" + BackupAnswer.listName)
        return BackupAnswer(
            id: id, folder: folder, at: at, program: BuildVersion.text, schema: Ledger.schema, lastRun: lastRun)
    }

    /// Removes a copy. Throws a Failure (`backup.unknown`).
    package func close(_ place: BackupPlace) throws -> RemovedAnswer {
        let folder = context.layout.backup(place.id)
        guard place.id.wholeMatch(of: /b-[0-9a-f]{24}/) != nil, FileManager.default.fileExists(atPath: folder) else {
            throw Failure(
                code: "backup.unknown", "There is no backup '\(place.id)' under way.", at: place.id,
                remedy: "Begin one: `ftctl backup DIR`.")
        }
        try FileManager.default.removeItem(atPath: folder)
        return RemovedAnswer()
    }

    /// Removes copies that nobody has taken.
    private func removeExpired() throws {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: context.layout.backups)) ?? [] {
            let path = context.layout.backup(name)
            var status = stat()
            guard lstat(path, &status) == 0,
                abs(Date().timeIntervalSince1970 - Double(status.st_mtim.tv_sec)) > Self.life
            else { continue }
            try FileManager.default.removeItem(atPath: path)
        }
    }
}
