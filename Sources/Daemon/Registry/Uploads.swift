import ControlProtocol
import Foundation
import Ledger
import Nouns
import Platform
import StageKit

/// Files that clients send: each upload is a row of the ledger with an owner, a bound and an expiry, and its files go
/// with that row.
package struct Uploads: Sendable {
    /// Most open uploads of one person.
    private static let atOnce = 16
    /// Most bytes of rows that are only looked at.
    private static let dataBytes = 4 << 30

    let context: StageContext

    package init(_ context: StageContext) { self.context = context }

    /// Opens a folder for files. Throws a Failure (`upload.too_many`) where the person has too many open ones, and
    /// `disk.low` where there is no room for any.
    package func open(_ purpose: UploadQuery.Purpose, who: Principal) throws -> UploadAnswer {
        try removeExpired()
        guard try context.ledger.uploads().count(where: { $0.owner == who.owner }) < Self.atOnce else {
            throw Failure(
                code: "upload.too_many", "\(who.name) has \(Self.atOnce) uploads open already.",
                remedy: "Finish them; one that is left alone goes after an hour, a base's after a day.")
        }
        let room = room
        guard room > 0 else {
            throw Failure(
                code: "disk.low", "There is no room for files that are sent.", at: context.layout.state,
                remedy: "Free space on that disk; `ftctl gc` says what can go.")
        }
        let isBase = purpose == .base
        let upload = Upload(
            id: "u-" + String(UInt64.random(in: 0...UInt64.max), radix: 16), owner: who.owner, isBase: isBase,
            bound: isBase ? room : min(room, Self.dataBytes), expiresAt: Date().addingTimeInterval(Self.life(isBase)))
        try context.ledger.open(upload)
        try AtomicFile.makeFolder(context.layout.upload(upload.id))
        return UploadAnswer(id: upload.id)
    }

    /// The folder of an open upload. Throws a Failure (`upload.unknown`) where it is not open or somebody else's, which
    /// look the same.
    package func folder(_ id: String, who: Principal) throws -> String { try open(id, who: who).folder }

    /// Where a file of an upload is to be written, and how many bytes it may have. Throws a Failure also for names that
    /// would leave the folder (`upload.name`).
    package func place(_ id: String, file: String, who: Principal) throws -> (path: String, bound: Int) {
        guard id.wholeMatch(of: /u-[0-9a-f]{1,16}/) != nil,
            file.wholeMatch(of: /[A-Za-z0-9_][A-Za-z0-9._-]{0,200}/) != nil
        else {
            throw Failure(
                code: "upload.name", "'\(file)' cannot be the name of an uploaded file.", at: file,
                remedy: "Use letters, digits, '.', '_' and '-'.")
        }
        let (upload, folder) = try open(id, who: who)
        let ownRoom = upload.bound - (try taken(folder, but: file))
        let others = try context.ledger.uploads().filter { $0.owner == upload.owner && $0.id != upload.id }
        let elsewhere = try others.reduce(try taken(folder, but: file)) {
            try $0 + taken(context.layout.upload($1.id), but: nil)
        }
        // What is there of the file is among what is taken of the disk.
        let here = try taken(folder, but: nil) - (try taken(folder, but: file))
        let bounds = [ownRoom, context.settings.daemon.uploadBytesPerUser - elsewhere, room + here]
        return (folder + "/" + file, max(0, bounds.reduce(.max, min)))
    }

    /// Bytes that may still be written before less than `minimum_free` is left of the disk.
    package var room: Int {
        (System.freeBytes(context.layout.state) ?? .max) - context.settings.daemon.minimumFreeBytes
    }

    /// Bytes of the files of an upload.
    private func taken(_ folder: String, but file: String?) throws -> Int {
        guard FileManager.default.fileExists(atPath: folder) else { return 0 }
        return try FileManager.default.contentsOfDirectory(atPath: folder).reduce(0) { sum, name in
            var status = stat()
            return name != file && lstat(folder + "/" + name, &status) == 0 ? sum + Int(status.st_size) : sum
        }
    }

    /// Removes the files of an upload, then its row.
    package func close(_ id: String) throws {
        let folder = context.layout.upload(id)
        if FileManager.default.fileExists(atPath: folder) { try FileManager.default.removeItem(atPath: folder) }
        try context.ledger.closeUpload(id)
    }

    /// Closes what nobody has finished in time. A clock that was wrong does not keep one for ever.
    package func removeExpired() throws {
        let now = Date()
        for upload in try context.ledger.uploads()
        where upload.expiresAt < now || upload.expiresAt > now.addingTimeInterval(Self.life(upload.isBase) + 60) {
            try close(upload.id)
        }
    }

    private static func life(_ isBase: Bool) -> Double { isBase ? 86_400 : 3600 }

    private func open(_ id: String, who: Principal) throws -> (upload: Upload, folder: String) {
        let folder = context.layout.upload(id)
        guard let upload = try context.ledger.upload(id), who.owns(upload.owner),
            upload.expiresAt > Date(), FileManager.default.fileExists(atPath: folder)
        else {
            throw Failure(
                code: "upload.unknown", "There is no upload '\(id)' (any more).", at: id,
                remedy: "Open one first; one that is left alone goes after an hour, a base's after a day.")
        }
        return (upload, folder)
    }
}
