import Foundation
import GRDB
import Nouns

/// Table `anchor`: what each pipeline's served version may not fall below.
extension Ledger {
    /// The anchor that was kept for a pipeline; nil where there is none yet.
    package func anchor(_ pipeline: PipelineName) throws -> Anchor? {
        try read { db in
            try GRDB.Row.fetchOne(db, sql: "SELECT * FROM anchor WHERE pipeline = ?", arguments: [pipeline.rawValue])
                .map { row in
                    var anchor = Anchor(
                        pipeline: pipeline, version: VersionID(row["version"] as String), reason: row["reason"],
                        at: Date(timeIntervalSince1970: row["at"]))
                    anchor.takenBack = (row["taken_back"] as String?).map { VersionID($0) }
                    anchor.takenBackReason = row["taken_back_reason"]
                    return anchor
                }
        }
    }

    /// Keeps a pipeline's anchor in the place of the former one.
    package func keep(_ anchor: Anchor) throws {
        try write { db in
            try db.execute(
                sql: """
                    INSERT OR REPLACE INTO anchor (pipeline, version, reason, at, taken_back, taken_back_reason)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    anchor.pipeline.rawValue, anchor.version.rawValue, anchor.reason, anchor.at.timeIntervalSince1970,
                    anchor.takenBack?.rawValue, anchor.takenBackReason,
                ])
        }
    }
}
