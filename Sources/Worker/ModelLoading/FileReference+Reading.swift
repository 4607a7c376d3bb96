import Foundation
import Nouns
import Platform

extension FileReference {
    /// The reference of a file that is there already; links are followed, for bases that a person named by one.
    ///
    /// Throws a FileFailure, and what `interruption`, asked every megabyte, throws.
    package init(of path: String, interruption: () throws -> Void = {}) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileFailure("open it", path, errno: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileFailure("look at it", path, errno: errno) }
        self.init(
            path: path, sha256: try Digest.sha256(descriptor: descriptor, path: path, interruption: interruption),
            bytes: Int(status.st_size))
    }
}
