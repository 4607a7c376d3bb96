import Foundation
import GRDB
import Nouns

extension Ledger {
    /// Prompts with more than one answer that a report names.
    private static let contradictionExamples = 10

    /// The drop and line that a row of the dataset came from, or nil.
    package func place(of row: RowID, in pipeline: PipelineName) throws -> (DropID, Int)? {
        try read { db in
            try GRDB.Row.fetchOne(
                db, sql: "SELECT drop_id, line FROM dataset_row WHERE pipeline = ? AND id = ?",
                arguments: [pipeline.rawValue, row.rawValue]
            ).map { (DropID($0["drop_id"] as String), $0["line"]) }
        }
    }

    /// Keeps a report, and what it was counted from; it replaces that of the same drop (or of the dataset).
    package func keep(_ report: DataReport, counts: Data? = nil) throws {
        try write { db in try Self.keep(report, counts, db) }
    }

    static func keep(_ report: DataReport, _ counts: Data?, _ db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO quality_report (pipeline, subject, at, body, sketch) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (pipeline, subject) DO UPDATE SET at = excluded.at, body = excluded.body, sketch = \
                COALESCE(excluded.sketch, sketch)
                """,
            arguments: [
                report.pipeline.rawValue, report.drop?.rawValue ?? "", report.at.timeIntervalSince1970,
                try body(report), counts,
            ])
    }

    /// The stored report of a drop, or of the dataset.
    package func report(_ pipeline: PipelineName, drop: DropID? = nil) throws -> DataReport? {
        try read {
            try Self.nouns(
                DataReport.self, $0, "SELECT body FROM quality_report WHERE pipeline = ? AND subject = ?",
                [pipeline.rawValue, drop?.rawValue ?? ""]
            ).first
        }
    }

    /// Whether the dataset has a report, or no rows to make one of.
    package func hasReport(_ pipeline: PipelineName) throws -> Bool {
        try read { db in
            try Bool.fetchOne(
                db,
                sql: """
                    SELECT EXISTS (SELECT 1 FROM quality_report WHERE pipeline = ?1 AND subject = '')
                        OR NOT EXISTS (SELECT 1 FROM drop_file WHERE pipeline = ?1 AND state = 'stored')
                    """, arguments: [pipeline.rawValue]) ?? true
        }
    }

    /// What the report of the dataset, or of a drop, was counted from.
    package func counts(_ pipeline: PipelineName, drop: DropID? = nil) throws -> Data? {
        try read {
            try Data.fetchOne(
                $0, sql: "SELECT sketch FROM quality_report WHERE pipeline = ? AND subject = ?",
                arguments: [pipeline.rawValue, drop?.rawValue ?? ""])
        }
    }

    /// Of which state of the dataset something was found out, by a digest.
    package func mark(_ pipeline: PipelineName, _ what: String) throws -> String? {
        try read {
            try String.fetchOne(
                $0, sql: "SELECT state FROM dataset_mark WHERE pipeline = ? AND what = ?",
                arguments: [pipeline.rawValue, what])
        }
    }

    package func setMark(_ pipeline: PipelineName, _ what: String, _ state: String) throws {
        try write {
            try $0.execute(
                sql: "INSERT OR REPLACE INTO dataset_mark (pipeline, what, state) VALUES (?, ?, ?)",
                arguments: [pipeline.rawValue, what, state])
        }
    }

    /// Forgets the report of the dataset, to be made anew.
    package func forgetReport(_ pipeline: PipelineName) throws {
        try write {
            try $0.execute(
                sql: "DELETE FROM quality_report WHERE pipeline = ? AND subject = ''", arguments: [pipeline.rawValue])
        }
    }

    /// Stored drops whose rows are not in the index of near duplicates yet, oldest first.
    package func unindexedDrops(_ pipeline: PipelineName) throws -> [DropID] {
        try read { db in
            try String.fetchAll(
                db,
                sql:
                    """
                    SELECT id FROM drop_file WHERE pipeline = ? AND state = 'stored' AND indexed = 0 ORDER BY \
                    received_at, id
                    """,
                arguments: [pipeline.rawValue]
            ).map { DropID($0) }
        }
    }

    /// Notes that the drops' rows are in the index.
    package func markIndexed(_ drops: [DropID]) throws {
        try write { db in
            for drop in drops {
                try db.execute(sql: "UPDATE drop_file SET indexed = 1 WHERE id = ?", arguments: [drop.rawValue])
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

    /// Prompts with more than one answer: how many, their rows, and the first few; of one drop those that it has a part
    /// in.
    package func contradictions(_ pipeline: PipelineName, drop: DropID? = nil) throws -> DataReport.Contradictions {
        try read { db in try Self.contradictions(pipeline, drop, db) }
    }

    static func contradictions(_ pipeline: PipelineName, _ drop: DropID?, _ db: Database) throws
        -> DataReport.Contradictions
    {
        // Of one drop its own prompts are looked up; of the dataset the index is read in order. It alone tells the few
        // prompts of which the rows themselves have to be looked at.
        let own = drop == nil ? "" : "AND prompt_key IN (SELECT prompt_key FROM dataset_row WHERE drop_id = ?2)"
        let groups = try GRDB.Row.fetchAll(
            db,
            sql: """
                WITH candidate AS MATERIALIZED (
                    SELECT prompt_key FROM dataset_row WHERE pipeline = ?1 AND prompt_key IS NOT NULL \(own)
                    GROUP BY prompt_key HAVING MIN(answer_key) < MAX(answer_key))
                SELECT prompt_key AS k, COUNT(*) AS n FROM candidate CROSS JOIN dataset_row USING (prompt_key)
                    JOIN drop_file ON drop_file.id = drop_id AND state = 'stored'
                WHERE dataset_row.pipeline = ?1
                GROUP BY prompt_key HAVING MIN(answer_key) < MAX(answer_key) ORDER BY prompt_key
                """, arguments: drop.map { [pipeline.rawValue, $0.rawValue] } ?? [pipeline.rawValue])
        var result = DataReport.Contradictions()
        result.prompts = groups.count
        result.rows = groups.reduce(0) { $0 + ($1["n"] as Int) }
        result.examples = try groups.prefix(contradictionExamples).map { group in
            try String.fetchAll(
                db, sql: "SELECT id FROM dataset_row WHERE pipeline = ? AND prompt_key = ? ORDER BY id LIMIT 10",
                arguments: [pipeline.rawValue, group["k"] as String]
            ).map { RowID($0) }
        }
        return result
    }
}
