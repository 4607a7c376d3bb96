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

    /// Gate rows that judge no more, since their prompt came again with another label, and the newest row of it; none
    /// where the rows of the pipeline have no classes. Nothing is noted of it: once the newer drop is withdrawn they
    /// judge again.
    ///
    /// What was chosen by rating answers neither supersedes nor is superseded.
    package func superseded(_ pipeline: PipelineName, drop: DropID? = nil) throws -> [SetAsideRow] {
        guard try hasClasses(pipeline, least: 1), try labels(pipeline, limit: Snapshot.mostLabels) != nil else {
            return []
        }
        return try read { db in
            let rows = try GRDB.Row.fetchAll(
                db,
                sql: """
                    WITH candidate AS MATERIALIZED (
                        SELECT prompt_key FROM dataset_row WHERE pipeline = ?1 AND prompt_key IS NOT NULL
                        GROUP BY prompt_key HAVING MIN(answer_key) < MAX(answer_key))
                    SELECT prompt_key, dataset_row.id AS id, label, drop_id, line
                    FROM candidate CROSS JOIN dataset_row USING (prompt_key)
                        JOIN drop_file ON drop_file.id = drop_id AND state = 'stored'
                    WHERE dataset_row.pipeline = ?1 AND split = 'gate' AND label IS NOT NULL
                        AND json_extract(drop_file.body, '$.raters') IS NULL
                    ORDER BY prompt_key, received_at DESC, drop_id DESC, line DESC
                    """, arguments: [pipeline.rawValue])
            var found: [SetAsideRow] = []
            var newest: GRDB.Row?
            for row in rows {
                guard let first = newest, first["prompt_key"] as String == row["prompt_key"] else {
                    newest = row
                    continue
                }
                guard first["label"] as String != row["label"] else { continue }
                found.append(
                    SetAsideRow(
                        id: RowID(row["id"] as String), reason: .superseded, drop: DropID(row["drop_id"] as String),
                        line: row["line"], other: RowID(first["id"] as String),
                        otherDrop: DropID(first["drop_id"] as String)))
            }
            return drop.map { drop in found.filter { $0.drop == drop } } ?? found
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

    /// The same of all drops, with the gate rows that judge no more.
    package func removedNow(_ pipeline: PipelineName) throws -> [String: Int] {
        var removed = try removed(pipeline)
        let superseded = try superseded(pipeline).count
        if superseded > 0 { removed[SetAsideRow.Reason.superseded.rawValue] = superseded }
        return removed
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
