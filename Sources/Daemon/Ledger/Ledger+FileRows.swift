import GRDB
import Nouns

/// The rows of one stored file by identity, whether the dataset knew them before or not.
extension Ledger {
    private static let fileRows = """
        WITH place AS (
            SELECT id, line FROM dataset_row WHERE drop_id = ?1
            UNION ALL SELECT id, line FROM duplicate_row WHERE drop_id = ?1),
        file_row AS (
            SELECT place.id AS id, MIN(place.line) AS line, dataset_row.drop_id AS owner, split FROM place
            CROSS JOIN dataset_row ON dataset_row.id = place.id AND dataset_row.pipeline = ?2
            JOIN drop_file ON drop_file.id = dataset_row.drop_id AND state = 'stored'
            GROUP BY place.id)
        """

    /// How many rows of a stored file are on each side, and whether the dataset knew some of them from other drops.
    package func fileSides(_ drop: DropID, in pipeline: PipelineName) throws -> (rows: [Split: Int], isShared: Bool) {
        try read { db in
            let found = try GRDB.Row.fetchAll(
                db,
                sql: """
                    \(Self.fileRows)
                    SELECT split, COUNT(*) AS n, SUM(owner <> ?1) AS other FROM file_row GROUP BY split
                    """, arguments: [drop.rawValue, pipeline.rawValue])
            var rows: [Split: Int] = [:]
            var isShared = false
            for row in found {
                guard let split = Split(rawValue: row["split"]) else { continue }
                rows[split] = row["n"]
                isShared = isShared || (row["other"] as Int) > 0
            }
            return (rows, isShared)
        }
    }

    /// The rows of a stored file that judge nothing, in the order of its lines.
    package func fileRows(_ drop: DropID, in pipeline: PipelineName) throws -> [FileRow] {
        try read { db in
            try GRDB.Row.fetchAll(
                db,
                sql: """
                    \(Self.fileRows)
                    SELECT id, line, owner, split FROM file_row WHERE split <> 'gate' ORDER BY line, id
                    """, arguments: [drop.rawValue, pipeline.rawValue]
            ).compactMap { row in
                guard let split = Split(rawValue: row["split"]) else { return nil }
                return FileRow(
                    id: RowID(row["id"] as String), line: row["line"], owner: DropID(row["owner"] as String),
                    split: split)
            }
        }
    }
}
