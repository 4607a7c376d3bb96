import Foundation
import GRDB
import Nouns

/// How many there are of what, for monitoring: few questions, whatever the number of pipelines.
package struct LedgerCensus: Sendable {
    package struct StateOfPipeline: Hashable, Sendable {
        package let pipeline: PipelineName
        package let state: String
    }
    package struct SideOfPipeline: Hashable, Sendable {
        package let pipeline: PipelineName
        package let split: String
    }

    package let runs: [StateOfPipeline: Int]
    /// When the run was queued that waits longest.
    package let oldestQueued: [PipelineName: Date]
    package let rows: [SideOfPipeline: Int]
    /// When rows of a drop were stored last.
    package let lastStored: [PipelineName: Date]
    package let pendingNotifications: Int
}

extension Ledger {
    /// Counts runs, rows, drops and what is to be told, in one consistent view.
    package func census() throws -> LedgerCensus {
        try read { db in
            let runs = try GRDB.Row.fetchAll(
                db, sql: "SELECT pipeline, state, COUNT(*) AS n FROM run GROUP BY pipeline, state")
            let rows = try GRDB.Row.fetchAll(
                db,
                sql: """
                    SELECT shard.pipeline AS pipeline, split, SUM(rows) AS n FROM shard
                    JOIN drop_file ON drop_file.id = shard.drop_id AND drop_file.state = 'stored'
                    GROUP BY shard.pipeline, split
                    """)
            return LedgerCensus(
                runs: Dictionary(
                    runs.map { row in
                        (.init(pipeline: PipelineName(row["pipeline"] as String), state: row["state"]), row["n"] as Int)
                    }, uniquingKeysWith: +),
                oldestQueued: try Self.dates(
                    db,
                    "SELECT pipeline, MIN(created_at) AS at FROM run WHERE state = 'queued' GROUP BY pipeline"),
                rows: Dictionary(
                    rows.map { row in
                        (.init(pipeline: PipelineName(row["pipeline"] as String), split: row["split"]), row["n"] as Int)
                    }, uniquingKeysWith: +),
                lastStored: try Self.dates(
                    db,
                    """
                    SELECT pipeline, MAX(COALESCE(stored_at, received_at)) AS at FROM drop_file
                    WHERE state = 'stored' GROUP BY pipeline
                    """),
                pendingNotifications: try Int.fetchOne(
                    db, sql: "SELECT COUNT(*) FROM notification WHERE state = 'pending'") ?? 0)
        }
    }

    /// When a run of a pipeline was promoted last; nil where none was.
    package func lastPromotion(_ pipeline: PipelineName) throws -> Date? {
        try read { db in
            try Self.nouns(
                PromotionRecord.self, db,
                """
                SELECT body FROM promotion WHERE \(Self.ownPromotions)
                AND json_extract(body, '$.kind') IN ('automatic', 'manual', 'forced') ORDER BY sequence DESC LIMIT 1
                """, [pipeline.rawValue]
            ).first?.at
        }
    }

    private static func dates(_ db: Database, _ sql: String) throws -> [PipelineName: Date] {
        Dictionary(
            try GRDB.Row.fetchAll(db, sql: sql).map { row in
                (PipelineName(row["pipeline"] as String), Date(timeIntervalSince1970: row["at"]))
            }, uniquingKeysWith: { first, _ in first })
    }
}
