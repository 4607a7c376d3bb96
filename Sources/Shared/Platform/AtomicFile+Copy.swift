import CPlatform
import Foundation

extension AtomicFile {
    /// Shares the bytes of an open file with an empty one where the file system can; returns whether it did.
    package static func share(_ source: Int32, with target: Int32) -> Bool { ft_clone(target, source) == 0 }

    /// Bytes that are copied before it is asked whether the task is cancelled.
    private static let pieceBytes = 1 << 20
    /// After so many bytes the copy is made durable, so the last part never takes long.
    private static let durableBytes = 128 << 20

    /// Gives a file that never changes a further durable name; copies it where the file system gives no further names.
    ///
    /// Throws what ``copy(_:to:)`` throws.
    package static func linkOrCopy(_ from: String, to path: String) throws {
        guard Foundation.link(from, path) == 0 else { return try copy(from, to: path) }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileFailure("open it", path, errno: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileFailure("make it durable", path, errno: errno) }
        try sync(folder: (path as NSString).deletingLastPathComponent)
    }

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
