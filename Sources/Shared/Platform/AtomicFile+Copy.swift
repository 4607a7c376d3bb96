import Foundation

extension AtomicFile {
    /// Bytes that are copied before it is asked whether the task is cancelled.
    private static let pieceBytes = 1 << 20
    /// Bytes after which the copy so far is made durable, so that nobody waits long for the last of it.
    private static let durableBytes = 128 << 20

    /// Makes a durable copy of a file, of any size, under a name that it has only once it is whole.
    ///
    /// Throws a ``FileFailure``, or a CancellationError where the task is cancelled; then nothing is left behind.
    package static func copy(_ from: String, to path: String) throws {
        let source = open(from, O_RDONLY | O_CLOEXEC)
        guard source >= 0 else { throw FileFailure("open it", from, errno: errno) }
        defer { close(source) }
        let temporary = try write(beside: path) { target, name in
            var buffer = [UInt8](repeating: 0, count: pieceBytes)
            var copied = 0
            while true {
                Pulse.beat()
                try Task.checkCancellation()
                let count = read(source, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else { throw FileFailure("read it", from, errno: errno) }
                if count == 0 { break }
                try buffer.withUnsafeBytes {
                    try writeAll(UnsafeRawBufferPointer(rebasing: $0[..<count]), to: target, path: name)
                }
                let before = copied
                copied += count
                if before / durableBytes < copied / durableBytes, fdatasync(target) != 0 {
                    throw FileFailure("make it durable", name, errno: errno)
                }
            }
        }
        do { try rename(temporary, to: path) } catch {
            unlink(temporary)
            throw error
        }
    }
}
