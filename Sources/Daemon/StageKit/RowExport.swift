import Compression
import Foundation
import Nouns
import Platform

/// The lines of row files as a stream of pieces, read as they are asked for, so that an export of any size takes little
/// memory.
package enum RowExport {
    /// Canonical JSON lines of the files in order. A damaged or absent file ends the stream with a Failure that names
    /// it.
    package static func lines(_ files: [FileReference]) -> AsyncThrowingStream<Data, any Error> {
        let source = Source(files.map(\.path))
        return AsyncThrowingStream { try await source.next() }
    }

    /// The lines of those rows alone that may be read.
    package static func lines(_ files: [FileReference], where isShown: @escaping @Sendable (RowID) throws -> Bool)
        -> AsyncThrowingStream<Data, any Error>
    {
        let source = Source(files.map(\.path))
        let sieve = Sieve(isShown)
        return AsyncThrowingStream {
            while let piece = try await source.next() {
                let lines = try await sieve.lines(piece)
                if !lines.isEmpty { return lines }
            }
            return nil
        }
    }

    /// Leaves out lines whose row may not be read.
    private actor Sieve {
        /// What is looked at of a line.
        private struct Line: Decodable {
            var id: RowID
        }

        private let isShown: @Sendable (RowID) throws -> Bool
        /// A line whose end has not come yet.
        private var rest = Data()

        init(_ isShown: @escaping @Sendable (RowID) throws -> Bool) { self.isShown = isShown }

        func lines(_ piece: Data) throws -> Data {
            rest += piece
            var lines = Data()
            while let end = rest.firstIndex(of: 10) {
                let line = Data(rest[rest.startIndex...end])
                rest = Data(rest[(end + 1)...])
                if try isShown(ContractCoding.decode(Line.self, from: line).id) { lines += line }
            }
            return lines
        }
    }

    private actor Source {
        private var paths: [String]
        private var descriptor: Int32 = -1
        private var reader: ZstdReader?
        private var buffer = [UInt8](repeating: 0, count: 1 << 16)

        init(_ paths: [String]) { self.paths = paths }

        deinit { if descriptor >= 0 { close(descriptor) } }

        func next() throws -> Data? {
            while true {
                if reader == nil {
                    guard let path = paths.first else { return nil }
                    descriptor = open(path, O_RDONLY | O_CLOEXEC)
                    guard descriptor >= 0 else { throw FileFailure("open it", path, errno: errno) }
                    reader = try ZstdReader()
                }
                let count = read(descriptor, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else { throw FileFailure("read it", paths.first ?? "", errno: errno) }
                if count == 0 {
                    close(descriptor)
                    descriptor = -1
                    guard reader?.isComplete == true else {
                        throw Failure(
                            code: "dataset.damaged", "The file is cut off.", at: paths.first,
                            remedy: "Restore it from a backup, or drop the original again.")
                    }
                    reader = nil
                    paths.removeFirst()
                    continue
                }
                var piece = Data()
                try buffer.withUnsafeBytes { bytes in
                    try reader?.push(UnsafeRawBufferPointer(rebasing: bytes[..<count])) { piece.append(contentsOf: $0) }
                }
                if !piece.isEmpty { return piece }
            }
        }
    }
}
