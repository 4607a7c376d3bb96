import Foundation
import Nouns
import Platform
import StageKit

/// A file that is written while its bytes come, under a name that nobody asks for. It goes with this object unless it
/// was given its name.
final class ComingFile {
    let path: String
    /// Bytes that it may have.
    private let limit: Int
    /// The field of the request that it comes in.
    private let field: String
    private let descriptor: Int32
    private var hash = SHA256()
    private var sum: MD5?
    private(set) var count = 0
    private var isNamed = false

    /// Throws a FileFailure.
    init(folder: String, limit: Int, field: String, withSum: Bool = false) throws {
        path = folder + "/" + RandomName.new("")
        (self.limit, self.field) = (limit, field)
        sum = withSum ? MD5() : nil
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o640)
        guard descriptor >= 0 else { throw FileFailure("create it", path, errno: errno) }
    }

    deinit {
        close(descriptor)
        if !isNamed { unlink(path) }
    }

    /// Throws a Failure (`request.too_large`) beyond the limit, and a FileFailure.
    func write(_ piece: Data) throws {
        guard count + piece.count <= limit else {
            throw Failure(
                code: "request.too_large", "The file has more than \(limit >> 20) MiB.", at: field,
                remedy: "Send less at once.")
        }
        try piece.withUnsafeBytes { try AtomicFile.writeAll($0, to: descriptor, path: path) }
        hash.update(piece)
        sum?.update(piece)
        count += piece.count
    }

    /// Makes it durable and gives its digest. Throws a FileFailure.
    func finish() throws -> (sha256: String, md5: String?) {
        guard fsync(descriptor) == 0 else { throw FileFailure("make it durable", path, errno: errno) }
        return (Digest.hex(hash.finish()), sum?.finish())
    }

    /// Gives it a name; where there is such a file already, it is the same one and stays.
    func take(_ name: String) throws {
        try AtomicFile.rename(path, to: name)
        isNamed = true
    }
}
