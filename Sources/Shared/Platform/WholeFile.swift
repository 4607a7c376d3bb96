import Foundation

/// A file's bytes at once, with the reason where they cannot be read: whether it is gone or the machine is at fault
/// decides over what becomes of the work.
package enum WholeFile {
    /// Reads a file. A pipe or a device without data gives what it has, and never waits.
    ///
    /// Throws a FileFailure; EFBIG where the file has more than `limit` bytes.
    package static func read(_ path: String, limit: Int = .max) throws -> Data {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw FileFailure("open it", path, errno: errno) }
        defer { close(descriptor) }
        var status = stat()
        var bytes = Data()
        if fstat(descriptor, &status) == 0 { bytes.reserveCapacity(min(limit, max(0, Int(status.st_size)))) }
        var piece = [UInt8](repeating: 0, count: 1 << 18)
        while bytes.count <= limit {
            let count = Foundation.read(descriptor, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileFailure("read it", path, errno: errno) }
            if count == 0 { return bytes }
            bytes.append(contentsOf: piece[..<count])
        }
        throw FileFailure("read it", path, errno: EFBIG)
    }
}
