import ControlProtocol
import Foundation
import Ledger
import Nouns
import Platform
import StageKit

/// Uploads that go on after either side was away: beside the files lie the client's key and note (`.note`), and how
/// many bytes of each file are on the disk for good (`.NAME.count`). A base takes none of these along.
extension Uploads {
    /// The name of the note, which lies beside the files.
    private static let note = ".note"
    /// Most bytes of a key and of a note.
    private static let mostBytes = (key: 1024, note: 1 << 20)

    /// The person's open upload of that key, or a new one. Throws as ``open(_:who:)`` does, and a Failure
    /// (`upload.note`) for a key or note that is too long.
    package func resume(_ request: ResumeUpload, who: Principal) throws -> ResumedUpload {
        guard !request.key.isEmpty, request.key.utf8.count <= Self.mostBytes.key,
            request.note.utf8.count <= Self.mostBytes.note
        else {
            throw Failure(
                code: "upload.note", "The key or the note of the upload is empty or too long.", at: "key",
                remedy: "A key has 1 to \(Self.mostBytes.key) bytes, a note at most \(Self.mostBytes.note >> 10) KiB.")
        }
        try removeExpired()
        for upload in try context.ledger.uploads() where upload.isBase && upload.owner == who.owner {
            let folder = context.layout.upload(upload.id)
            guard let data = FileManager.default.contents(atPath: folder + "/" + Self.note),
                let known = try? ContractCoding.decode(ResumeUpload.self, from: data), known.key == request.key
            else { continue }
            return ResumedUpload(id: upload.id, note: known.note, files: try counts(folder))
        }
        guard !request.onlyOpen else { return ResumedUpload(id: "", note: "", files: [:]) }
        let id = try open(.base, who: who).id
        try AtomicFile.write(
            try ContractCoding.encode(request), to: context.layout.upload(id) + "/" + Self.note)
        return ResumedUpload(id: id, note: request.note, files: [:])
    }

    /// How many bytes of a file are on the disk for good. Throws as ``place(_:file:who:)`` does.
    package func size(_ id: String, file: String, who: Principal) throws -> Int {
        Self.count(try place(id, file: file, who: who).path)
    }

    /// The bytes of the file at `path` that are on the disk for good.
    package static func count(_ path: String) -> Int {
        var status = stat()
        guard lstat(path, &status) == 0,
            let text = try? String(contentsOfFile: countPath(path), encoding: .utf8),
            let count = Int(text.trimmingCharacters(in: .whitespacesAndNewlines))
        else { return 0 }
        return min(count, Int(status.st_size))
    }

    /// Notes that the first `count` bytes of the file at `path` are on the disk for good, which they have to be.
    ///
    /// The note itself need not be: what a power cut leaves of it says less at most.
    package static func note(_ count: Int, of path: String) throws {
        let path = countPath(path)
        // Of one length, so that it is overwritten in its place.
        let digits = String(count)
        let text = String(repeating: " ", count: max(0, 20 - digits.count)) + digits + "\n"
        let descriptor = Foundation.open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o640)
        guard descriptor >= 0 else { throw FileFailure("open it", path, errno: errno) }
        defer { Foundation.close(descriptor) }
        try Data(text.utf8).withUnsafeBytes { try AtomicFile.writeAll($0, to: descriptor, path: path) }
    }

    /// Forgets a file, so that it is sent anew.
    package static func forget(_ path: String) {
        try? FileManager.default.removeItem(atPath: countPath(path))
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Removes what lies beside the files for the upload's sake.
    package static func tidy(_ folder: String) throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: folder)
        where name == note || name.hasPrefix(".") && name.hasSuffix(".count") {
            try FileManager.default.removeItem(atPath: folder + "/" + name)
        }
    }

    private static func countPath(_ path: String) -> String {
        let path = path as NSString
        return path.deletingLastPathComponent + "/.\(path.lastPathComponent).count"
    }

    private func counts(_ folder: String) throws -> [String: Int] {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { !$0.hasPrefix(".") }
        return Dictionary(uniqueKeysWithValues: names.map { ($0, Self.count(folder + "/" + $0)) })
    }
}
