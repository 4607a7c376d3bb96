import GRDB
import Nouns

/// Table `set_aside`: rows that are kept out of training, or of the dataset as a whole, and why.
extension Ledger {
    /// Reasons of rows that are in no shard, as SQL.
    static var outside: String {
        SetAsideRow.Reason.allCases.filter(\.isOutsideDataset).map { "'\($0.rawValue)'" }.joined(separator: ",")
    }

    /// Rows kept out, newest drops first; all reasons, or one.
    package func setAside(
        _ pipeline: PipelineName, drop: DropID? = nil, reason: SetAsideRow.Reason? = nil, limit: Int = Int.max
    ) throws -> [SetAsideRow] {
        try read { db in
            try GRDB.Row.fetchAll(
                db,
                sql: """
                    SELECT set_aside.id AS id, reason, drop_id, line, other, score FROM set_aside
                    JOIN drop_file ON drop_file.id = drop_id AND state = 'stored'
                    WHERE set_aside.pipeline = ? AND (? IS NULL OR drop_id = ?) AND (? IS NULL OR reason = ?)
                    ORDER BY received_at DESC, drop_id DESC, line LIMIT ?
                    """,
                arguments: [
                    pipeline.rawValue, drop?.rawValue, drop?.rawValue, reason?.rawValue, reason?.rawValue, limit,
                ]
            ).compactMap { row in
                guard let reason = SetAsideRow.Reason(rawValue: row["reason"]) else { return nil }
                return SetAsideRow(
                    id: RowID(row["id"] as String), reason: reason, drop: DropID(row["drop_id"] as String),
                    line: row["line"],
                    other: (row["other"] as String?).map { RowID($0) }, score: row["score"])
            }
        }
    }

    /// Adds rows kept out that were found after their drop was stored.
    package func add(_ rows: [SetAsideRow], in pipeline: PipelineName) throws {
        try write { db in
            for row in rows {
                try db.execute(
                    sql:
                        """
                        INSERT OR IGNORE INTO set_aside (pipeline, id, reason, drop_id, line, other, score) \
                        VALUES (?, ?, ?, ?, ?, ?, ?)
                        """,
                    arguments: [
                        pipeline.rawValue, row.id.rawValue, row.reason.rawValue, row.drop.rawValue, row.line,
                        row.other?.rawValue, row.score,
                    ])
            }
        }
    }

    /// Notes that the index begins again: every drop is to be added anew, and what was found by its former state counts
    /// no more.
    package func forgetIndex(_ pipeline: PipelineName) throws {
        try write { db in
            try db.execute(sql: "UPDATE drop_file SET indexed = 0 WHERE pipeline = ?", arguments: [pipeline.rawValue])
            try db.execute(
                sql:
                    """
                    DELETE FROM set_aside WHERE pipeline = ? AND reason IN ('near_duplicate', \
                    'near_duplicate_of_gate')
                    """,
                arguments: [pipeline.rawValue])
        }
    }

    /// How many rows are kept out, by reason; of one drop, or of all.
    package func removed(_ pipeline: PipelineName, drop: DropID? = nil) throws -> [String: Int] {
        try read { db in try Self.removed(pipeline, drop, db) }
    }

    static func removed(_ pipeline: PipelineName, _ drop: DropID?, _ db: Database) throws -> [String: Int] {
        let rows = try GRDB.Row.fetchAll(
            db,
            sql: """
                SELECT reason, COUNT(*) AS n FROM set_aside JOIN drop_file ON drop_file.id = drop_id AND state = \
                'stored'
                WHERE set_aside.pipeline = ? AND (? IS NULL OR drop_id = ?) GROUP BY reason
                """, arguments: [pipeline.rawValue, drop?.rawValue, drop?.rawValue])
        return Dictionary(rows.map { ($0["reason"] as String, $0["n"] as Int) }, uniquingKeysWith: { $1 })
    }
}
