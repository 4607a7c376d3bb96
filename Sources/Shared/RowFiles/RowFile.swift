import Contracts
import JSONText

/// Files of canonical rows: JSON lines, Zstandard-compressed where the daemon wrote them.
package enum RowFile {
    /// Gives every row in order, at most `limit` of them, in constant memory.
    ///
    /// Throws a Failure (`dataset.damaged`) that names the file and line of a damaged row, a ``FileFailure``, or what `body` throws.
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
}
