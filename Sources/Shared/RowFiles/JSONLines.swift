import Compression
import Foundation
import Nouns
import Platform

/// Files of JSON lines, plain or Zstandard-compressed, read in memory that does not grow with them.
package enum JSONLines {
    /// Gives every line that is not empty, with its number from 1, until `body` returns false.
    ///
    /// Throws a ``FileFailure``, a Failure (`dataset.damaged`) where the file is cut off or does not expand, or a
    /// CancellationError where the task is cancelled.
    package static func read(_ path: String, _ body: (_ line: UnsafeBufferPointer<UInt8>, _ number: Int) throws -> Bool)
        throws
    {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileFailure("open it", path, errno: errno) }
        defer { close(descriptor) }
        var lines = Splitting()
        var input = [UInt8](repeating: 0, count: 1 << 17)
        var zstd: ZstdReader?
        var isFirst = true
        while !lines.isDone {
            let count = Foundation.read(descriptor, &input, input.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileFailure("read it", path, errno: errno) }
            if count == 0 { break }
            Pulse.beat()
            try Task.checkCancellation()
            if isFirst, CompressionKind(magic: input[..<count]) == .zstd { zstd = try ZstdReader() }
            isFirst = false
            try input.withUnsafeBytes { bytes in
                let piece = UnsafeRawBufferPointer(rebasing: bytes[..<count])
                guard let zstd else { return try lines.take(piece, body) }
                // What `body` throws is its own; only what the stream itself says is damage.
                var thrown: (any Error)?
                do {
                    try zstd.push(piece) { plain in
                        do { try lines.take(plain, body) } catch {
                            thrown = error
                            throw error
                        }
                    }
                } catch {
                    if let thrown { throw thrown }
                    throw damaged("The file cannot be decompressed.", path, "\(error)")
                }
            }
        }
        guard !lines.isDone else { return }
        guard zstd?.isComplete != false else { throw damaged("The file is cut off.", path) }
        try lines.finish(body)
    }

    static func damaged(_ message: String, _ place: String, _ cause: String? = nil) -> Failure {
        Failure(
            code: "dataset.damaged", message, at: place,
            remedy: "Restore the file from a backup, or drop the original again.", cause: cause)
    }

    /// Cuts pieces of a stream into lines; only a line that two pieces share is copied.
    private struct Splitting {
        private var pending: [UInt8] = []
        private var number = 0
        private(set) var isDone = false

        mutating func take(_ piece: UnsafeRawBufferPointer, _ body: (UnsafeBufferPointer<UInt8>, Int) throws -> Bool)
            throws
        {
            let bytes = piece.bindMemory(to: UInt8.self)
            guard let start = bytes.baseAddress else { return }
            var first = 0
            while !isDone, first < bytes.count, let found = memchr(start + first, 10, bytes.count - first) {
                let end = UnsafeRawPointer(found) - UnsafeRawPointer(start)
                let line = UnsafeBufferPointer(start: start + first, count: end - first)
                if pending.isEmpty {
                    try give(line, body)
                } else {
                    pending.append(contentsOf: line)
                    try finish(body)
                }
                first = end + 1
            }
            if !isDone { pending.append(contentsOf: bytes[first...]) }
        }

        /// Gives what is left where the file does not end with a newline.
        mutating func finish(_ body: (UnsafeBufferPointer<UInt8>, Int) throws -> Bool) throws {
            guard !pending.isEmpty else { return }
            let whole = pending
            pending.removeAll(keepingCapacity: true)
            try whole.withUnsafeBufferPointer { try give($0, body) }
        }

        private mutating func give(
            _ line: UnsafeBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<UInt8>, Int) throws -> Bool
        ) throws {
            number += 1
            if !line.isEmpty { isDone = try !body(line, number) }
        }
    }
}
