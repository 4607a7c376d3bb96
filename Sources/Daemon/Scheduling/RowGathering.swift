import Foundation
import Ledger
import Nouns
import Platform
import RowFiles

/// Puts rows of several shards into one file, in the order of the file that they came with, so that the same file gives
/// the same training whatever the dataset knew before; in memory for the rows' names and some tens of thousands of
/// rows.
struct RowGathering {
    /// Rows that are put into order in memory.
    private static let rowsAtOnce = 65_536

    /// Where the rows lie until they are in order.
    let scratch: String
    /// Where the shard is made.
    let folder: String

    /// - Parameters:
    ///   - rows: in their order.
    ///   - shards: the files that have them, among others.
    /// - Returns: nil where there are no rows.
    func gather(_ rows: [FileRow], from shards: [FileReference]) throws -> FileReference? {
        guard !rows.isEmpty else { return nil }
        let places = Dictionary(rows.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        try AtomicFile.makeFolder(scratch)
        let parts = try (0...(rows.count - 1) / Self.rowsAtOnce).map { _ in try ShardWriter(folder: scratch) }
        for shard in shards {
            try RowFile.read(shard.path) { row in
                guard let place = places[row.id] else { return }
                try parts[place / Self.rowsAtOnce].write(row)
            }
        }
        let writer = try ShardWriter(folder: folder)
        var written = 0
        for part in parts {
            var found: [(place: Int, row: Row)] = []
            try RowFile.read(part.finish().path) { row in
                if let place = places[row.id] { found.append((place, row)) }
            }
            for (_, row) in found.sorted(by: { $0.place < $1.place }) { try writer.write(row) }
            written += found.count
        }
        try FileManager.default.removeItem(atPath: scratch)
        guard written == rows.count else {
            throw Failure(
                code: "dataset.damaged", "\(rows.count - written) rows of the dataset are in none of its files.",
                at: folder, remedy: "Restore the folder from a backup, or drop the original again.")
        }
        return try writer.finish()
    }
}
