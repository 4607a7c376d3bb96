import Foundation
import GRDB
import Nouns

/// Tables `quality_report` and `dataset_mark`: what was found out of a dataset, and of which state of it.
extension Ledger {
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

    /// Forgets the report of the dataset, to be made anew.
    package func forgetReport(_ pipeline: PipelineName) throws {
        try write {
            try $0.execute(
                sql: "DELETE FROM quality_report WHERE pipeline = ? AND subject = ''", arguments: [pipeline.rawValue])
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
}
