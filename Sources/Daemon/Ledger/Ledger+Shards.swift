import GRDB
import Nouns

/// Table `shard`: the row files of each stored drop.
extension Ledger {
    /// Rows by split; of drops that are stored and not revoked.
    package func rowCounts(_ pipeline: PipelineName) throws -> [Split: Int] {
        try read { db in
            // All are counted in the index, which is asked often; those that were withdrawn are few.
            let rows = try GRDB.Row.fetchAll(
                db,
                sql: """
                    SELECT split, SUM(rows) AS n FROM shard WHERE pipeline = ?1 GROUP BY split
                    UNION ALL SELECT split, -SUM(rows) FROM drop_file CROSS JOIN shard ON shard.drop_id = drop_file.id
                    WHERE drop_file.pipeline = ?1 AND state = 'revoked' GROUP BY split
                    """, arguments: [pipeline.rawValue])
            return rows.reduce(into: [:]) { counts, row in
                guard let split = Split(rawValue: row["split"]) else { return }
                counts[split, default: 0] += row["n"]
            }.filter { $0.value > 0 }
        }
    }

    /// The row files of a pipeline, or of one of its drops, in the order of arrival.
    package func shards(_ pipeline: PipelineName, drop: DropID? = nil) throws -> [(
        drop: DropID, split: Split, file: FileReference
    )] {
        try read { db in
            try GRDB.Row.fetchAll(
                db,
                sql: """
                    SELECT shard.drop_id AS d, split, \(Self.fileColumns) FROM shard JOIN drop_file ON drop_file.id = \
                    shard.drop_id
                    WHERE \(drop == nil ? "" : "shard.drop_id = ?2 AND ") shard.pipeline = ?1 AND drop_file.state = \
                    'stored' ORDER BY received_at, shard.drop_id
                    """, arguments: StatementArguments([pipeline.rawValue] + (drop.map { [$0.rawValue] } ?? []))
            ).compactMap { row in
                guard let split = Split(rawValue: row["split"]) else { return nil }
                return (DropID(row["d"] as String), split, Self.file(row))
            }
        }
    }

    /// What a row file is, in columns of their own: there are thousands, and JSON would take most of a pass.
    private static let fileColumns = """
        shard.sha256 AS digest, shard.body ->> '$.path' AS path, shard.body ->> '$.bytes' AS bytes,
        shard.body ->> '$.rows' AS count
        """

    private static func file(_ row: GRDB.Row) -> FileReference {
        FileReference(path: row["path"], sha256: row["digest"], bytes: row["bytes"], rows: row["count"])
    }

    /// The gate's row files of a pipeline, and those on its side whose rows were chosen by rating answers, each in the
    /// order of arrival.
    ///
    /// - Parameter drops: the drops whose files are wanted (nil: all).
    package func judging(_ pipeline: PipelineName, of drops: Set<DropID>? = nil) throws -> (
        gate: [(drop: DropID, file: FileReference)], feedback: [FileReference]
    ) {
        try read { db in
            let files = try GRDB.Row.fetchAll(
                db,
                sql: """
                    SELECT \(Self.fileColumns), drop_file.body ->> '$.raters' IS NOT NULL AS rated,
                        shard.drop_id AS d
                    FROM shard JOIN drop_file ON drop_file.id = shard.drop_id
                    WHERE shard.pipeline = ? AND drop_file.state = 'stored' AND split = 'gate'
                    ORDER BY received_at, shard.drop_id
                    """, arguments: [pipeline.rawValue]
            ).filter { row in drops?.contains(DropID(row["d"] as String)) ?? true }
                .map { row in
                    (isRated: row["rated"] as Bool, drop: DropID(row["d"] as String), file: Self.file(row))
                }
            return (
                files.filter { !$0.isRated }.map { ($0.drop, $0.file) }, files.filter(\.isRated).map(\.file)
            )
        }
    }

    /// Rows of a drop by split, from its files.
    package func rows(of drop: DropID) throws -> [Split: Int] {
        try read { db in
            let rows = try GRDB.Row.fetchAll(
                db, sql: "SELECT split, SUM(rows) AS n FROM shard WHERE drop_id = ? GROUP BY split",
                arguments: [drop.rawValue])
            return Dictionary(
                rows.compactMap { row in Split(rawValue: row["split"]).map { ($0, row["n"] as Int) } },
                uniquingKeysWith: { $1 })
        }
    }
}
