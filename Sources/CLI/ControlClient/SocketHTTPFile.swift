import Foundation
import Nouns

/// A plain file that is sent: so many bytes as it had when it was opened.
final class SocketHTTPFile: Sendable {
    private static let pieceBytes = 1 << 20

    /// Its bytes.
    let size: Int
    private let path: String
    private let descriptor: Int32

    /// Throws a ``Failure`` where it is no plain file that can be read.
    init(_ path: String) throws {
        self.path = path
        // Without waiting for whoever writes to a pipe.
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Self.unreadable(path, errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw Failure(code: "client.file", "It is no plain file.", at: path, remedy: "Give a file's path.")
        }
        size = Int(status.st_size)
    }

    deinit { close(descriptor) }

    /// The piece that follows the first `count` bytes; nil at the end. Throws a ``Failure``.
    func next(after count: Int) throws -> Data? {
        guard count < size else { return nil }
        var data = Data(count: min(Self.pieceBytes, size - count))
        let got = data.withUnsafeMutableBytes { buffer in
            while true {
                let got = pread(descriptor, buffer.baseAddress, buffer.count, count)
                if got >= 0 || errno != EINTR { return got }
            }
        }
        guard got >= 0 else { throw Self.unreadable(path, errno) }
        guard got > 0 else {
            throw Failure(
                code: "client.file", "The file became shorter while it was sent: \(count) of \(size) bytes are left.",
                at: path, remedy: "Send it again once nobody writes to it.")
        }
        return data.prefix(got)
    }

    private static func unreadable(_ path: String, _ number: Int32) -> Failure {
        Failure(
            code: "client.file", "The file cannot be read: \(String(cString: strerror(number))).", at: path,
            remedy: "Check the path and its permissions.")
    }
}
