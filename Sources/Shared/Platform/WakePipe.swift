import CPlatform
import Foundation

/// A pipe by which one thread wakes another out of `poll`.
package final class WakePipe: Sendable {
    /// What is polled: it can be read from once ``wake()`` was called.
    package let descriptor: Int32
    private let end: Int32

    /// Throws a FileFailure.
    package init() throws {
        var ends: [Int32] = [0, 0]
        guard ft_pipe(&ends) == 0 else { throw FileFailure("make a pipe", "", errno: errno) }
        (descriptor, end) = (ends[0], ends[1])
    }

    deinit {
        close(descriptor)
        close(end)
    }

    /// Wakes whoever polls, now or later.
    package func wake() {
        var byte: UInt8 = 1
        _ = write(end, &byte, 1)
    }
}
