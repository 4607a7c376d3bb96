import Foundation
import Nouns
import Platform
import RowFormats

/// Moves files and folders from another file system: copied whole, made durable, and only then removed there.
enum TreeCopy {
    /// Throws, with the original in place, where anything in it is neither a file nor a folder. What stands at `path`
    /// is whole at any time: until then the copy lies beside it, and is for the caller to remove with its folder.
    static func move(_ from: RawPath, to path: String) throws {
        let before = try DropContents(from)
        try copy(from, to: RawPath(path + ".copy"))
        let after = try DropContents(from)
        guard after.changedAt == before.changedAt, after.files.map(\.bytes) == before.files.map(\.bytes) else {
            throw Failure(
                code: "intake.changing", "This was written to while it was copied.", at: from.description,
                remedy: "Nothing: it is taken once it is quiet.")
        }
        try AtomicFile.move(path + ".copy", to: path)
        try remove(from)
    }

    /// Makes a durable copy. Throws a CancellationError where the task is cancelled meanwhile.
    static func copy(_ from: RawPath, to path: RawPath) throws {
        Pulse.beat()
        try Task.checkCancellation()
        let status = try from.status()
        switch status.st_mode & S_IFMT {
        case S_IFDIR:
            guard path.withCString({ mkdir($0, 0o750) }) == 0 || errno == EEXIST else {
                throw FileFailure("make the folder", path.description, errno: errno)
            }
            for name in try from.names() { try copy(from.appending(name), to: path.appending(name)) }
            try AtomicFile.sync(folder: path)
        case S_IFREG: try copyFile(from, to: path)
        default:
            throw Failure(
                code: "intake.not_a_file", "This is \(DropContents.refusal(mode: status.st_mode)?.what ?? "no file").",
                at: from.description,
                remedy: "Remove it, or put the file itself in its place.")
        }
    }

    /// Links the files of a tree into another place, so that the bytes exist once; copies where the kernel refuses a
    /// link.
    static func link(_ from: RawPath, to path: RawPath) throws {
        let status = try from.status()
        if status.st_mode & S_IFMT == S_IFDIR {
            guard path.withCString({ mkdir($0, 0o750) }) == 0 || errno == EEXIST else {
                throw FileFailure("make the folder", path.description, errno: errno)
            }
            for name in try from.names() { try link(from.appending(name), to: path.appending(name)) }
            return try AtomicFile.sync(folder: path)
        }
        guard from.withCString({ old in path.withCString { new in Foundation.link(old, new) } }) != 0, errno != EEXIST
        else { return }
        // The kernel refuses a link to a file that is somebody else's and read-only for the daemon
        // (fs.protected_hardlinks).
        guard errno == EPERM || errno == EXDEV else {
            throw FileFailure("put it into \(path)", from.description, errno: errno)
        }
        try copy(from, to: path)
    }

    private static func copyFile(_ from: RawPath, to path: RawPath) throws {
        let source = try from.openFile()
        defer { close(source) }
        let target = path.withCString { open($0, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o640) }
        guard target >= 0 else { throw FileFailure("create it", path.description, errno: errno) }
        do {
            defer { close(target) }
            // Where the file system shares bytes between files, a copy takes no room and no time.
            var isWhole = AtomicFile.share(source, with: target)
            var buffer = [UInt8](repeating: 0, count: 1 << 20)
            while !isWhole {
                let count = read(source, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else { throw FileFailure("read it", from.description, errno: errno) }
                isWhole = count == 0
                Pulse.beat()
                try Task.checkCancellation()
                try buffer.withUnsafeBytes {
                    try AtomicFile.writeAll(
                        UnsafeRawBufferPointer(rebasing: $0[..<count]), to: target, path: path.description)
                }
            }
            guard fsync(target) == 0 else { throw FileFailure("make it durable", path.description, errno: errno) }
        } catch {
            _ = path.withCString { unlink($0) }
            throw error
        }
        try AtomicFile.sync(folder: path.folder)
    }

    private static func remove(_ path: RawPath) throws {
        if try path.status().st_mode & S_IFMT == S_IFDIR {
            for name in try path.names() { try remove(path.appending(name)) }
            guard path.withCString({ rmdir($0) }) == 0 else {
                throw FileFailure("remove it", path.description, errno: errno)
            }
        } else {
            guard path.withCString({ unlink($0) }) == 0 else {
                throw FileFailure("remove it", path.description, errno: errno)
            }
        }
    }
}
