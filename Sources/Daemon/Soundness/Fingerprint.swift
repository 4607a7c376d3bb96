import Foundation
import Platform

/// What tells without reading whether a file is still the one whose digest was checked: its size, its inode, its time.
struct Fingerprint: Codable, Hashable, Sendable {
    var sha256: String
    var bytes: Int
    var inode: UInt64
    /// Nanoseconds since 1970.
    var modified: Int64

    /// Of the file as it lies there. Throws a FileFailure.
    init(_ path: String, sha256: String) throws {
        var status = stat()
        guard stat(path, &status) == 0 else { throw FileFailure("look at it", path, errno: errno) }
        self.sha256 = sha256
        bytes = Int(status.st_size)
        inode = UInt64(status.st_ino)
        modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
    }
}
