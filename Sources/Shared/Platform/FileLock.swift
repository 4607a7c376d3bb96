import CPlatform
import Foundation

/// An exclusive lock held for as long as the process lives: one daemon a root.
package final class FileLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock; throws a ``FileFailure`` with EWOULDBLOCK where another process holds it.
    package init(path: String) throws {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw FileFailure("open the lock", path, errno: errno) }
        guard ft_lock(descriptor) == 0 else {
            let number = errno
            close(descriptor)
            throw FileFailure("take the lock", path, errno: number)
        }
    }

    deinit { close(descriptor) }
}
