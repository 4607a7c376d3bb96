import Foundation
import Synchronization

/// A connection to a Unix socket, by calls that wait; they return soon after ``abort()``.
///
/// One thread sends and receives; any may abort. It is closed when nobody holds it any more.
final class SocketHTTPConnection: Sendable {
    /// How sending ended.
    enum Sent {
        case everything
        /// The other side answered, or left, before it had everything.
        case interrupted
    }

    /// A system call that failed.
    struct CallFailure: Error {
        let number: Int32
        var reason: String { String(cString: strerror(number)) }
    }

    private let descriptor: Int32
    private let isAborted = Mutex(false)
    /// Milliseconds for which a call waits before it fails with ETIMEDOUT; -1: for ever.
    private let patience = Mutex<Int32>(-1)

    init() throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw CallFailure(number: errno) }
    }

    deinit { close(descriptor) }

    /// Makes calls that wait return, and those to come fail with CancellationError.
    func abort() {
        isAborted.withLock { $0 = true }
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    /// Sets how long each call that sends or receives may wait (nil: for ever); then it fails with ETIMEDOUT.
    func setPatience(seconds: Double?) {
        patience.withLock { $0 = seconds.map { Int32(clamping: Int(max(0.001, min($0, 1e6)) * 1000)) } ?? -1 }
    }

    /// Waits until one of `events` comes. Throws a ``CallFailure`` (ETIMEDOUT) where nothing does in time.
    private func wait(for events: Int32) throws -> Int32 {
        var descriptors = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        while true {
            let count = poll(&descriptors, 1, patience.withLock { $0 })
            try check()
            if count > 0 { return Int32(descriptors.revents) }
            if count == 0 { throw CallFailure(number: ETIMEDOUT) }
            guard errno == EINTR else { throw CallFailure(number: errno) }
        }
    }

    /// Connects, waiting for a daemon with many clients for so many seconds at most.
    func connect(to path: String, seconds: Double) throws {
        var address = try Self.address(path)
        // The kernel waits for room in the daemon's queue as long as it would for a send. In short steps, since
        // nothing wakes that wait.
        setTimeout(microseconds: 100_000)
        let deadline = ContinuousClock.now + .seconds(seconds)
        while true {
            try check()
            let status = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Foundation.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            if status == 0 { break }
            guard errno == EAGAIN || errno == EINTR else { throw CallFailure(number: errno) }
            if ContinuousClock.now > deadline { throw CallFailure(number: ETIMEDOUT) }
        }
        setTimeout(microseconds: 0)
    }

    /// Sends, unless something comes to be read first: whoever answers early need not read the rest.
    func send(_ bytes: UnsafeRawBufferPointer) throws -> Sent {
        var rest = bytes[...]
        while !rest.isEmpty {
            if try wait(for: POLLIN | POLLOUT) & (POLLIN | POLLHUP | POLLERR) != 0 { return .interrupted }
            let count = UnsafeRawBufferPointer(rebasing: rest).withMemoryRebound(to: UInt8.self) {
                Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
            }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EPIPE || errno == ECONNRESET {
                return .interrupted
            } else if errno != EINTR, errno != EAGAIN {
                throw CallFailure(number: errno)
            }
        }
        return .everything
    }

    /// Waits for bytes, and gives how many lie in `buffer` now; 0 at the end.
    func receive(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        var wasReset = false
        while true {
            _ = try wait(for: POLLIN)
            let count = read(descriptor, buffer.baseAddress, buffer.count)
            let number = errno
            try check()
            if count >= 0 { return count }
            if number == EINTR { continue }
            // Told once where the other side left with something unread. What it had sent before is still there.
            guard number == ECONNRESET, !wasReset else { throw CallFailure(number: number) }
            wasReset = true
        }
    }

    private func check() throws { if isAborted.withLock({ $0 }) { throw CancellationError() } }

    private func setTimeout(microseconds: Int) {
        var time = timeval(tv_sec: 0, tv_usec: microseconds)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    }

    private static func address(_ path: String) throws -> sockaddr_un {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let fits = withUnsafeMutableBytes(of: &address.sun_path) { place in
            // One zero has to follow.
            guard bytes.count < place.count, !bytes.contains(0) else { return false }
            place.copyBytes(from: bytes)
            return true
        }
        guard fits else { throw CallFailure(number: ENAMETOOLONG) }
        return address
    }
}
