import Compression
import Foundation
import JSONText
import Nouns
import Platform

/// Writes rows into a file that is named by its content once it is whole: `<sha256>.jsonl.zst`.
package final class ShardWriter {
    private let folder: String
    private let temporary: String
    private let descriptor: Int32
    private var writer: ZstdWriter?
    private var rows = 0

    /// Starts a hidden file in `folder`.
    package init(folder: String) throws {
        self.folder = folder
        let path = folder + "/.shard-\(getpid())-\(UInt64.random(in: 0...UInt64.max)).tmp"
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o640)
        guard file >= 0 else { throw FileFailure("create it", path, errno: errno) }
        temporary = path
        descriptor = file
        writer = try ZstdWriter { try AtomicFile.writeAll($0, to: file, path: path) }
    }

    deinit {
        close(descriptor)
        if writer != nil { unlink(temporary) }
    }

    package func write(_ row: Row) throws { try write(line: CanonicalJSON.line(row)) }

    /// Writes a row as ``CanonicalJSON/line(_:)`` made it.
    package func write(line: [UInt8]) throws {
        try line.withUnsafeBytes { try writer?.write($0) }
        rows += 1
    }

    /// Makes the file durable and gives it its name; the same content again is the same file.
    package func finish() throws -> FileReference {
        try writer?.finish()
        guard fsync(descriptor) == 0 else { throw FileFailure("make it durable", temporary, errno: errno) }
        let digest = try Digest.sha256(file: temporary)
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileFailure("measure it", temporary, errno: errno) }
        let path = "\(folder)/\(digest).jsonl.zst"
        try AtomicFile.rename(temporary, to: path)
        writer = nil
        return FileReference(path: path, sha256: digest, bytes: Int(status.st_size), rows: rows)
    }
}
