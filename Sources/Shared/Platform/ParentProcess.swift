import CPlatform
import Foundation

/// The program that started this one.
package enum ParentProcess {
    /// Asks the kernel for `signal` when the parent is gone; throws a ``FileFailure`` where it will not.
    ///
    /// The kernel also sends it when only the parent's thread ends that started us, so a handler should compare
    /// `getppid()`.
    package static func announceEnd(by signal: Int32) throws {
        guard ft_parent_death_signal(signal) == 0 else {
            throw FileFailure("watch the parent process", "/proc/self", errno: errno)
        }
    }
}
