import Foundation

/// The limit on open files.
package enum Descriptors {
    /// Raises the process's own limit to what it may have: the lower one is for programs that use `select`.
    package static func raiseLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = min(limit.rlim_max, 65_536)
        // What is refused stays as it was, and is enough for all but many clients.
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
