import Foundation
import Nouns
import Platform

/// Whether an upload may be written to. Its files are written by any number at a time; from the moment at which it is
/// looked at nobody writes, so that what is kept is what was looked at.
package final class UploadGate: Sendable {
    /// What somebody does with an upload.
    package enum Purpose: Sendable { case writing, inspecting }

    /// The file that stands for it, which is no part of the upload.
    static let name = ".gate"

    private let descriptor: Int32

    /// Holds the gate for as long as the object lives. Throws a Failure: `upload.closed` where the upload is being
    /// looked at, `upload.busy` where a file of it is being written.
    package init(_ folder: String, for purpose: Purpose) throws {
        let path = folder + "/" + Self.name
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw FileFailure("open it", path, errno: errno) }
        var lock = flock()
        lock.l_type = Int16(purpose == .writing ? F_RDLCK : F_WRLCK)
        lock.l_whence = Int16(SEEK_SET)
        guard fcntl(descriptor, Self.setLock, &lock) == 0 else {
            close(descriptor)
            throw purpose == .writing
                ? Failure(
                    code: "upload.closed", "The upload is being looked at, so nothing is added to it.", at: folder,
                    remedy: "Open another upload.")
                : Failure(
                    code: "upload.busy", "A file of the upload is still being written.", at: folder,
                    remedy: "Wait until it is there, and ask again.")
        }
    }

    deinit { close(descriptor) }

    /// F_OFD_SETLK: a lock of this open file alone, also against others of this process.
    private static let setLock: Int32 = 37

    /// Leaves nothing of it in what is kept.
    static func remove(from folder: String) throws {
        guard unlink(folder + "/" + name) == 0 || errno == ENOENT else {
            throw FileFailure("remove it", folder + "/" + name, errno: errno)
        }
    }
}
