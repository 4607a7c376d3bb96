import JSONText
import Nouns
import Platform

/// Files of canonical rows: JSON lines, Zstandard-compressed where the daemon wrote them.
package enum RowFile {
    /// Gives every row in order, at most `limit` of them, in constant memory.
    ///
    /// Throws a Failure (`dataset.damaged`) that names the file and line of a damaged row, a ``FileFailure``, or what
    /// `body` throws.
    package static func read(_ path: String, limit: Int = .max, _ body: (Row) throws -> Void) throws {
        guard limit > 0 else { return }
        var count = 0
        try JSONLines.read(path) { line, number in
            let row: Row
            do { row = try RowLine.row(line) } catch {
                throw JSONLines.damaged("The row cannot be read.", "\(path):\(number)", "\(error)")
            }
            try body(row)
            count += 1
            return count < limit
        }
    }

    /// Gives every row in order, up to `atOnce` (or `bytes`) at a time, made of their lines by all cores. Throws as
    /// ``read(_:limit:_:)``.
    package static func readParallel(
        _ path: String, atOnce: Int = 2048, bytes: Int = 4 << 20, _ body: ([Row]) throws -> Void
    ) throws {
        try JSONLines.batches(path, atOnce: atOnce, bytes: bytes) { batch in
            try body(try Parallel.slices(0..<batch.count) { slice in try slice.map(batch.row) }.flatMap { $0 })
        }
    }
}
