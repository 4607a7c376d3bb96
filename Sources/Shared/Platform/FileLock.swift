import CPlatform
import Foundation

/// An exclusive lock held for as long as the object lives: one daemon a state.
package final class FileLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock of a file, which is made where it is not there; throws a ``FileFailure`` with EWOULDBLOCK where
    /// another process holds it.
    package convenience init(path: String) throws { try self.init(opening: path, O_RDWR | O_CREAT) }

    private init(opening path: String, _ flags: Int32) throws {
        descriptor = open(path, flags | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw FileFailure("open the lock", path, errno: errno) }
        guard ft_lock(descriptor) == 0 else {
            let number = errno
            close(descriptor)
            throw FileFailure("take the lock", path, errno: number)
        }
    }

    /// Takes the lock of a folder: the same lock by whatever path the folder is reached, and one that needs no room on
    /// its disk. Where the file system locks no folders (NFS), the lock is that of a file in it.
    ///
    /// Throws a ``FileFailure`` with EWOULDBLOCK where another process holds it.
    package convenience init(folder: String, file: String) throws {
        do { try self.init(opening: folder, O_RDONLY | O_DIRECTORY) } catch let failure as FileFailure
            where [EBADF, EINVAL, EISDIR, ENOLCK, ENOSYS, EOPNOTSUPP].contains(failure.number)
        {
            try self.init(path: file)
        }
    }

    deinit { close(descriptor) }
}
