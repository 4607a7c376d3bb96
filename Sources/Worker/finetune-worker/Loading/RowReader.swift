import Nouns
import Platform
import RowFiles

/// Reads files of canonical rows, checking each against the digest that the request names.
enum RowReader {
    /// Gives every row of `files` in file order, at most `limit` of them, in memory that does not grow with the files.
    ///
    /// Throws ``WorkerFault`` naming the file and line at fault, or what `body` throws.
    static func each(_ files: [FileReference], limit: Int = .max, _ body: (Row) throws -> Void) throws {
        var left = limit
        for file in files where left > 0 {
            try reading(file) {
                try RowFile.read(file.path, limit: left) { row in
                    left -= 1
                    try body(row)
                }
            }
        }
    }

    /// Gives the lines of `files` in file order, up to `atOnce` at a time, for threads that make rows of them. Throws
    /// as ``each(_:limit:_:)``.
    static func batches(_ files: [FileReference], atOnce: Int, _ body: (LineBatch) throws -> Void) throws {
        for file in files { try reading(file) { try JSONLines.batches(file.path, atOnce: atOnce, body) } }
    }

    /// Says of what goes wrong while `body` reads `file` whose fault it is.
    private static func reading(_ file: FileReference, _ body: () throws -> Void) throws {
        do {
            try check(file)
            try body()
        } catch let failure as FileFailure where failure.path == file.path {
            throw fault(
                file, "The rows cannot be read.", "Check that the dataset's files are in place.", failure.reason)
        }
    }

    /// All rows of `files`, at most `limit` of them.
    static func read(_ files: [FileReference], limit: Int = .max) throws -> [Row] {
        var rows: [Row] = []
        try each(files, limit: limit) { rows.append($0) }
        return rows
    }

    private static func check(_ file: FileReference) throws {
        guard !file.sha256.isEmpty else { return }
        let digest = try Digest.sha256(file: file.path, interruption: StopRequest.heed)
        guard digest == file.sha256 else {
            throw fault(
                file, "The file's SHA-256 is \(digest), but the request names \(file.sha256).",
                "The file was changed after the snapshot was made: build the snapshot again.")
        }
    }

    private static func fault(_ file: FileReference, _ message: String, _ remedy: String, _ cause: String? = nil)
        -> WorkerFault
    {
        WorkerFault(.badData, Failure(code: "rows.unreadable", message, at: file.path, remedy: remedy, cause: cause))
    }
}
