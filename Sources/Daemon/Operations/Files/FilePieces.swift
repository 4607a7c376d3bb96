import Foundation
import Platform

/// The bytes of a file in pieces, each read when the one before was taken.
enum FilePieces {
    private static let length = 1 << 18

    /// The file is open already: it may be deleted while it is read. Throws a FileFailure.
    static func stream(_ path: String) throws -> AsyncThrowingStream<Data, any Error> {
        let source = try Source(path)
        return AsyncThrowingStream { try source.next() }
    }

    /// Calls `body` with every piece of a file. Throws a FileFailure, and what `body` throws.
    static func each(_ path: String, _ body: (Data) throws -> Void) throws {
        let source = try Source(path)
        while let piece = try source.next() {
            Pulse.beat()
            try Task.checkCancellation()
            try body(piece)
        }
    }

    /// The descriptor never changes, and the kernel keeps its place.
    private final class Source: Sendable {
        private let path: String
        private let descriptor: Int32

        init(_ path: String) throws {
            self.path = path
            descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
            guard descriptor >= 0 else { throw FileFailure("open it", path, errno: errno) }
        }

        deinit { close(descriptor) }

        func next() throws -> Data? {
            var piece = Data(count: FilePieces.length)
            while true {
                let count = piece.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else { throw FileFailure("read it", path, errno: errno) }
                return count == 0 ? nil : piece.prefix(count)
            }
        }
    }
}
