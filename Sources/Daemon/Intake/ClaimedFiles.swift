import Foundation
import Nouns
import Platform
import RowFormats

/// The bytes of one claimed drop, in the folder that is its own.
///
/// `original` never changes once the drop is received. Where somebody may still have the dropped file open for writing,
/// or has another name for it, `original` is a copy and the file itself stays beside it as `source`: what is written to
/// it later is seen there, and lost nowhere.
struct ClaimedFiles {
    let folder: String

    var original: String { folder + "/original" }
    /// The dropped file itself, where it may still be written to.
    var source: String { folder + "/source" }
    /// What the source was like when it was copied.
    private var mark: String { folder + "/source.seen" }

    /// The file that was dropped.
    var given: String { Self.exists(source) ? source : original }

    /// Whether anything was taken into the folder. Throws a ``FileFailure`` where the kernel cannot tell.
    func isThere() throws -> Bool { try Self.isThere(original) || Self.isThere(source) }

    /// Makes `original` durable and unchangeable: the dropped file itself where nobody can write to it any more, a copy
    /// of it otherwise. Done again after a crash, it goes on where it was.
    ///
    /// - Parameter isOpen: whether the file may be written to by others; asked of the kernel where it is nil.
    func secure(isOpen: Bool? = nil) throws {
        if try Self.isThere(original) {
            // What is no file and no folder is for the caller to refuse.
            guard let contents = try? DropContents(RawPath(original)) else { return }
            guard try !Self.isThere(source) else { return }
            guard try isOpen ?? Self.mayChange(contents) else {
                return try Self.makeDurable(contents, RawPath(original))
            }
            try AtomicFile.move(original, to: source)
        }
        try AtomicFile.write(Data(try look().utf8), to: mark)
        let copy = RawPath(original + ".copy")
        if try Self.isThere(copy.description) { try FileManager.default.removeItem(atPath: copy.description) }
        try TreeCopy.copy(RawPath(source), to: copy)
        try AtomicFile.move(copy.description, to: original)
    }

    /// When the source was last changed where it is not as it was copied; nil where it is, or where there is none.
    func changedAt() throws -> Double? {
        guard try Self.isThere(source) else { return nil }
        let seen = FileManager.default.contents(atPath: mark).map { String(decoding: $0, as: UTF8.self) }
        return try look() == seen ? nil : DropContents(RawPath(source)).changedAt
    }

    /// Notes that what the source holds now is known.
    func note() throws { try AtomicFile.write(Data(try look().utf8), to: mark) }

    /// Lets the dropped file go.
    func forgetSource() throws {
        for path in [source, mark] where try Self.isThere(path) { try FileManager.default.removeItem(atPath: path) }
    }

    /// Gives the source to another drop, which has its present bytes.
    func handOver(to other: ClaimedFiles) throws {
        try other.noteOf(source)
        try AtomicFile.move(source, to: other.source)
        try FileManager.default.removeItem(atPath: mark)
    }

    private func noteOf(_ path: String) throws { try AtomicFile.write(Data(try Self.look(path).utf8), to: mark) }

    private func look() throws -> String { try Self.look(source) }

    /// Sizes and times of every file: unlike after each write.
    private static func look(_ path: String) throws -> String {
        try DropContents(RawPath(path)).files.map { file in
            let status = try file.path.status()
            return "\(RawPath.shown(file.name)) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
        }.joined(separator: "\n")
    }

    private static func mayChange(_ contents: DropContents) throws -> Bool {
        try contents.files.contains { file in
            let descriptor = try file.open()
            defer { close(descriptor) }
            return RawPath.writers(descriptor) != .none
        }
    }

    private static func makeDurable(_ contents: DropContents, _ root: RawPath) throws {
        var folders: Set<RawPath> = [root.folder]
        for file in contents.files {
            let descriptor = try file.open()
            defer { close(descriptor) }
            guard fsync(descriptor) == 0 else {
                throw FileFailure("make it durable", file.path.description, errno: errno)
            }
            var folder = file.path.folder
            while folder.bytes.count >= root.bytes.count, folders.insert(folder).inserted { folder = folder.folder }
        }
        for folder in folders { try AtomicFile.sync(folder: folder) }
    }

    private static func exists(_ path: String) -> Bool { (try? isThere(path)) == true }

    private static func isThere(_ path: String) throws -> Bool {
        do {
            _ = try RawPath(path).status()
            return true
        } catch let failure as FileFailure where failure.number == ENOENT {
            return false
        }
    }
}
