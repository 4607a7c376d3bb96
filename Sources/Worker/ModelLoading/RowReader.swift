import Nouns
import Platform
import RowFiles
import Transformers

/// Reads files of canonical rows, checking each against the digest that the request names.
package enum RowReader {
    /// Gives every row of `files` in file order, at most `limit` of them, in memory that does not grow with the files.
    ///
    /// Throws a Failure or FileFailure naming the file and line at fault, and what `body` or `interruption`, asked
    /// before each row, throws.
    package static func each(
        _ files: [FileReference], limit: Int = .max, interruption: Interruption, _ body: (Row) throws -> Void
    ) throws {
        var left = limit
        for file in files where left > 0 {
            try reading(file, interruption) {
                try RowFile.read(file.path, limit: left) { row in
                    try interruption()
                    left -= 1
                    try body(row)
                }
            }
        }
    }

    /// Gives the lines of `files` in file order, up to `atOnce` at a time, for threads that make rows of them. Throws
    /// as ``each(_:limit:interruption:_:)``.
    package static func batches(
        _ files: [FileReference], atOnce: Int, interruption: Interruption, _ body: (LineBatch) throws -> Void
    ) throws {
        for file in files {
            try reading(file, interruption) { try JSONLines.batches(file.path, atOnce: atOnce, body) }
        }
    }

    /// Says of what goes wrong while `body` reads `file` whose fault it is.
    private static func reading(_ file: FileReference, _ interruption: Interruption, _ body: () throws -> Void) throws {
        do {
            try check(file, interruption)
            try body()
        } catch let failure as FileFailure where failure.path == file.path {
            throw fault(
                file, "The rows cannot be read.", "Check that the dataset's files are in place.", failure.reason)
        }
    }

    /// All rows of `files`, at most `limit` of them.
    package static func read(_ files: [FileReference], limit: Int = .max, interruption: Interruption) throws -> [Row] {
        var rows: [Row] = []
        try each(files, limit: limit, interruption: interruption) { rows.append($0) }
        return rows
    }

    private static func check(_ file: FileReference, _ interruption: Interruption) throws {
        guard !file.sha256.isEmpty else { return }
        let digest = try Digest.sha256(file: file.path, interruption: interruption)
        guard digest == file.sha256 else {
            throw fault(
                file, "The file's SHA-256 is \(digest), but the request names \(file.sha256).",
                "The file was changed after the snapshot was made: build the snapshot again.")
        }
    }

    private static func fault(_ file: FileReference, _ message: String, _ remedy: String, _ cause: String? = nil)
        -> Failure
    {
        Failure(code: "rows.unreadable", message, at: file.path, remedy: remedy, cause: cause)
    }
}
