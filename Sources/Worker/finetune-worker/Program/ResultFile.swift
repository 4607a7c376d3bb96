import Foundation
import Nouns
import Platform

/// Writes what a task hands over, and names files by their digests.
enum ResultFile {
    /// Writes `data` to `path` and returns its reference.
    @discardableResult
    static func write(_ data: Data, to path: String, rows: Int? = nil) throws -> FileReference {
        try AtomicFile.write(data, to: path)
        return FileReference(path: path, sha256: Digest.sha256(data), bytes: data.count, rows: rows)
    }

    /// Writes values as JSON lines.
    static func writeLines(_ values: [some Encodable], to path: String) throws -> FileReference {
        var data = Data()
        for value in values {
            data += try ContractCoding.encode(value)
            data.append(UInt8(ascii: "\n"))
        }
        return try write(data, to: path, rows: values.count)
    }

    /// The reference of a file that is there already; links are followed, for bases that a person named by one.
    ///
    /// Throws what `interruption`, asked every megabyte, throws.
    static func reference(_ path: String, interruption: () throws -> Void = {}) throws -> FileReference {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileFailure("open it", path, errno: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileFailure("look at it", path, errno: errno) }
        return FileReference(
            path: path, sha256: try Digest.sha256(descriptor: descriptor, path: path, interruption: interruption),
            bytes: Int(status.st_size))
    }
}
