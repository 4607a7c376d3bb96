import CPlatform
import Foundation

/// The one way in which state reaches the disk: a hidden file in the same folder, made durable, then renamed into
/// place.
///
/// After a crash or a power cut at any instant there is either the old file or the new one, whole.
package enum AtomicFile {
    /// Replaces (or makes) the file at `path`.
    package static func write(_ data: some DataProtocol, to path: String, mode: mode_t = 0o640) throws {
        let temporary = try write(mode: mode, beside: path) { descriptor, name in
            for region in data.regions {
                try region.withUnsafeBytes { try writeAll($0, to: descriptor, path: name) }
            }
        }
        try renameOrRemove(temporary, to: path)
    }

    /// Points the symbolic link `path` at `target`, replacing what it pointed to in one step.
    package static func link(_ path: String, to target: String) throws {
        let temporary = hidden(path)
        guard symlink(target, temporary) == 0 else { throw FileFailure("make the link", temporary, errno: errno) }
        try renameOrRemove(temporary, to: path)
    }

    /// Renames within one file system and makes both folders durable.
    package static func move(_ from: String, to path: String) throws {
        try rename(from, to: path)
        let folder = (from as NSString).deletingLastPathComponent
        if folder != (path as NSString).deletingLastPathComponent { try sync(folder: folder) }
    }

    /// Takes what lies at `from`, whatever its name is made of, and makes both folders durable.
    package static func take(_ from: RawPath, to path: String) throws {
        guard from.withCString({ Foundation.rename($0, path) }) == 0 else {
            throw FileFailure("rename it to \(path)", from.description, errno: errno)
        }
        try sync(folder: (path as NSString).deletingLastPathComponent)
        try sync(folder: from.folder)
    }

    /// Gives back what was taken, refusing to replace what is there (EEXIST).
    package static func putBack(_ path: String, to place: RawPath) throws {
        guard place.withCString({ ft_rename_new(path, $0) }) == 0 else {
            throw FileFailure("rename it to \(place)", path, errno: errno)
        }
        try sync(folder: place.folder)
    }

    /// Makes the folder and those above it, each durable in the one that it lies in.
    package static func makeFolder(_ path: String, mode: mode_t = 0o750) throws {
        if mkdir(path, mode) == 0 {
            try sync(folder: (path as NSString).deletingLastPathComponent)
            return
        }
        switch errno {
        case EEXIST: return
        case ENOENT:
            let parent = (path as NSString).deletingLastPathComponent
            guard parent != path, !parent.isEmpty else { throw FileFailure("make the folder", path, errno: ENOENT) }
            try makeFolder(parent, mode: mode)
            guard mkdir(path, mode) == 0 || errno == EEXIST else {
                throw FileFailure("make the folder", path, errno: errno)
            }
            try sync(folder: parent)
        default: throw FileFailure("make the folder", path, errno: errno)
        }
    }

    /// Has the disk begin with bytes that were written, without waiting: less is left to wait for when the file is made
    /// durable.
    package static func beginWriting(_ bytes: Range<Int>, of descriptor: Int32) {
        ft_begin_writing(descriptor, Int64(bytes.lowerBound), Int64(bytes.count))
    }

    /// Makes a folder's entries durable.
    package static func sync(folder: String) throws { try sync(folder: RawPath(folder.isEmpty ? "." : folder)) }

    /// The same for a folder whose name need not be text.
    package static func sync(folder: RawPath) throws {
        let descriptor = folder.withCString { open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard descriptor >= 0 else { throw FileFailure("open the folder", folder.description, errno: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else {
            throw FileFailure("make the folder durable", folder.description, errno: errno)
        }
    }

    /// A file that `body` fills through its descriptor, durable but still under a hidden name, which is returned.
    package static func write(mode: mode_t = 0o640, beside path: String, _ body: (Int32, String) throws -> Void) throws
        -> String
    {
        let temporary = hidden(path)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
        guard descriptor >= 0 else { throw FileFailure("create it", temporary, errno: errno) }
        do {
            defer { close(descriptor) }
            try body(descriptor, temporary)
            guard fsync(descriptor) == 0 else { throw FileFailure("make it durable", temporary, errno: errno) }
        } catch {
            unlink(temporary)
            throw error
        }
        return temporary
    }

    /// Gives a finished hidden file its name.
    package static func rename(_ temporary: String, to path: String) throws {
        guard Foundation.rename(temporary, path) == 0 else {
            let failure = FileFailure("rename it to \(path)", temporary, errno: errno)
            throw failure
        }
        try sync(folder: (path as NSString).deletingLastPathComponent)
    }

    /// Gives a hidden file its name; where that fails, nothing is left behind.
    private static func renameOrRemove(_ temporary: String, to path: String) throws {
        do { try rename(temporary, to: path) } catch {
            unlink(temporary)
            throw error
        }
    }

    /// Writes all of `bytes`, however many calls it takes.
    package static func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, path: String) throws {
        var offset = 0
        while offset < bytes.count {
            let count = Foundation.write(descriptor, bytes.baseAddress.map { $0 + offset }, bytes.count - offset)
            if count < 0 {
                if errno == EINTR { continue }
                throw FileFailure("write it", path, errno: errno)
            }
            guard count > 0 else { throw FileFailure("write it", path, errno: EIO) }
            offset += count
        }
    }

    /// A name of its own for every call: two threads that write one file must not write into each other's.
    private static func hidden(_ path: String) -> String {
        let folder = (path as NSString).deletingLastPathComponent
        let name = (path as NSString).lastPathComponent
        let own = "\(getpid())-\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
        // The kernel takes names of at most 255 bytes.
        return (folder.isEmpty ? "." : folder)
            + "/.\(String(decoding: name.utf8.prefix(200), as: UTF8.self)).\(own).tmp"
    }
}
