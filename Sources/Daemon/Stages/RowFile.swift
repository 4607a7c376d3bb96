import Compression
import Contracts
import Foundation
import JSONText
import Platform

/// Files of canonical rows: Zstandard-compressed JSON lines.
package enum RowFile {
    /// Gives every row in order, in constant memory. Throws a Failure that names the file and line of a damaged row.
    package static func read(_ path: String, _ body: (Row) throws -> Void) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileFailure("open it", path, errno: errno) }
        defer { close(descriptor) }
        let reader = try ZstdReader()
        var pending: [UInt8] = []
        var line = 0
        var input = [UInt8](repeating: 0, count: 1 << 17)
        func take(_ bytes: UnsafeRawBufferPointer) throws {
            var rest = bytes[...]
            while let end = rest.firstIndex(of: 10) {
                pending.append(contentsOf: rest[..<end])
                line += 1
                let row: Row
                do { row = try pending.withUnsafeBufferPointer { try RowLine.row($0) } } catch {
                    throw Failure(
                        code: "dataset.damaged", "The row cannot be read.", at: "\(path):\(line)",
                        remedy: "Restore the file from a backup, or drop the original again.", cause: "\(error)")
                }
                try body(row)
                pending.removeAll(keepingCapacity: true)
                rest = rest[(end + 1)...]
            }
            pending.append(contentsOf: rest)
        }
        while true {
            let count = Foundation.read(descriptor, &input, input.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileFailure("read it", path, errno: errno) }
            if count == 0 { break }
            try input.withUnsafeBytes { try reader.push(UnsafeRawBufferPointer(rebasing: $0[..<count]), take) }
        }
        guard reader.isComplete else {
            throw Failure(
                code: "dataset.damaged", "The file is cut off.", at: path, remedy: "Restore it from a backup, or drop the original again.")
        }
    }
}
