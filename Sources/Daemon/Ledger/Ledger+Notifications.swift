import Foundation
import GRDB
import Nouns
import Platform

/// Tables `notification` and `delivery_mark`: what is to be told to whom, and how far events were looked through.
extension Ledger {
    /// Turns promotions, rollbacks and ended runs since the last call into notifications for the targets that `targets`
    /// names, and remembers how far it came; one transaction: each notice is told once, and none is lost. Returns how
    /// many were added.
    @discardableResult
    package func collectNotifications(
        folder: (PipelineName, VersionID) -> String, targets: (PipelineName, DeliveryEvent.Kind) -> [String]
    ) throws -> Int {
        let isQuiet = try read { db in
            try Bool.fetchOne(
                db,
                sql: """
                    SELECT (SELECT COALESCE(MAX(sequence), 0) FROM run_transition) <= (SELECT position FROM \
                    delivery_mark WHERE source = 'run')
                       AND (SELECT COALESCE(MAX(sequence), 0) FROM promotion) <= (SELECT position FROM delivery_mark \
                       WHERE source = 'promotion')
                       AND NOT EXISTS (SELECT 1 FROM happening)
                    """) ?? true
        }
        if isQuiet { return 0 }
        return try write { db in
            var added = 0
            for event in try Self.endedRuns(db) + Self.endedJobs(db) + Self.promotions(db, folder) + Self.happenings(db)
            {
                for target in targets(event.data.pipeline, event.type) {
                    try db.execute(
                        sql: "INSERT OR IGNORE INTO notification (event, target, due_at, body) VALUES (?, ?, ?, ?)",
                        arguments: [event.id, target, Date().timeIntervalSince1970, try Self.body(event)])
                    added += db.changesCount
                }
            }
            try db.execute(sql: "DELETE FROM happening")
            for (source, table) in [("run", "run_transition"), ("promotion", "promotion")] {
                try db.execute(
                    sql:
                        """
                        UPDATE delivery_mark SET position = (SELECT COALESCE(MAX(sequence), 0) FROM \(table)) \
                        WHERE source = ?
                        """,
                    arguments: [source])
            }
            return added
        }
    }

    private static func endedRuns(_ db: Database) throws -> [DeliveryEvent] {
        try GRDB.Row.fetchAll(
            db,
            sql: """
                SELECT sequence, run_transition.state AS s, at, message, run.id AS r, run.pipeline AS p FROM \
                run_transition
                JOIN run ON run.id = run_transition.run
                WHERE run_transition.state IN ('rejected', 'inconclusive', 'failed', 'accepted')
                  AND sequence > (SELECT position FROM delivery_mark WHERE source = 'run') ORDER BY sequence
                """
        ).compactMap { row in
            guard let kind = DeliveryEvent.Kind(rawValue: row["s"]) else { return nil }
            let run: String = row["r"]
            return DeliveryEvent(
                id: eventID("\(run) \(row["sequence"] as Int64) \(row["at"] as Double)"),
                createdAt: Int(row["at"] as Double), type: kind,
                data: .init(pipeline: PipelineName(row["p"] as String), run: RunID(run), reason: row["message"] ?? ""))
        }
    }

    /// Runs of jobs that have come to an end, which is the job's.
    private static func endedJobs(_ db: Database) throws -> [DeliveryEvent] {
        try GRDB.Row.fetchAll(
            db,
            sql: """
                SELECT job.id AS j, job.pipeline AS p, job.run AS r, run_transition.state AS s, at, message
                FROM run_transition JOIN job ON job.run = run_transition.run
                WHERE run_transition.state IN ('rejected', 'inconclusive', 'accepted', 'failed', 'cancelled')
                  AND sequence > (SELECT position FROM delivery_mark WHERE source = 'run') ORDER BY sequence
                """
        ).map { row in
            let state: String = row["s"]
            let kind: DeliveryEvent.Kind =
                state == "failed" ? .jobFailed : state == "cancelled" ? .jobCancelled : .jobSucceeded
            return jobEvent(
                JobID(row["j"] as String), kind, PipelineName(row["p"] as String), RunID(row["r"] as String),
                at: row["at"], reason: row["message"] ?? "")
        }
    }

    private static func jobEvent(
        _ job: JobID, _ kind: DeliveryEvent.Kind, _ pipeline: PipelineName, _ run: RunID?, at: Double, reason: String
    ) -> DeliveryEvent {
        DeliveryEvent(
            id: eventID("\(job) \(kind.rawValue)"), createdAt: Int(at), type: kind,
            data: .init(pipeline: pipeline, run: run, job: job, reason: reason))
    }

    /// What was noted by ``happen(_:_:drop:reason:)``.
    private static func happenings(_ db: Database) throws -> [DeliveryEvent] {
        try GRDB.Row.fetchAll(db, sql: "SELECT * FROM happening ORDER BY sequence").compactMap { row in
            let (name, pipeline): (String, String) = (row["kind"], row["pipeline"])
            guard let kind = DeliveryEvent.Kind(rawValue: name) else { return nil }
            if DeliveryEvent.Kind.ofJobs.contains(kind) {
                // It ended before it had a run; the drop that its file was to become is its alone.
                let job = try String.fetchOne(
                    db, sql: "SELECT id FROM job WHERE drop_id = ?", arguments: [row["drop_id"] as String?])
                return job.map {
                    jobEvent(JobID($0), kind, PipelineName(pipeline), nil, at: row["at"], reason: row["reason"])
                }
            }
            return DeliveryEvent(
                id: eventID("\(name) \(pipeline) \(row["sequence"] as Int64) \(row["at"] as Double)"),
                createdAt: Int(row["at"] as Double), type: kind,
                data: .init(
                    pipeline: PipelineName(pipeline), drop: (row["drop_id"] as String?).map { DropID($0) },
                    reason: row["reason"]))
        }
    }

    /// Notes something that receivers of a pipeline's events are to hear of and that no run or promotion tells.
    package func happen(
        _ kind: DeliveryEvent.Kind, _ pipeline: PipelineName, drop: DropID? = nil, reason: String
    ) throws {
        try write { try Self.happen(kind, pipeline, drop, reason, $0) }
    }

    static func happen(
        _ kind: DeliveryEvent.Kind, _ pipeline: PipelineName, _ drop: DropID?, _ reason: String, _ db: Database
    ) throws {
        try db.execute(
            sql: "INSERT INTO happening (kind, pipeline, drop_id, at, reason) VALUES (?, ?, ?, ?, ?)",
            arguments: [
                kind.rawValue, pipeline.rawValue, drop?.rawValue, Date().timeIntervalSince1970, reason,
            ])
    }

    private static func promotions(_ db: Database, _ folder: (PipelineName, VersionID) -> String) throws
        -> [DeliveryEvent]
    {
        try nouns(
            PromotionRecord.self, db,
            """
            SELECT body FROM promotion WHERE sequence > (SELECT position FROM delivery_mark WHERE source = \
            'promotion') ORDER BY sequence
            """
        ).map { record in
            DeliveryEvent(
                id: eventID(record.hash), createdAt: Int(record.at.timeIntervalSince1970),
                type: record.kind == .rollback || record.kind == .canaryRollback ? .rolledBack : .promoted,
                data: .init(
                    pipeline: record.pipeline, run: record.run, version: record.version, previous: record.previous,
                    path: record.version.map { folder(record.pipeline, $0) }, who: record.who, reason: record.reason))
        }
    }

    /// Unlike any other daemon's, since it comes from what happened and when.
    private static func eventID(_ text: String) -> String {
        "evt_" + Digest.hex(SHA256.hash(Data(text.utf8)).prefix(12))
    }

    /// Seconds that lie between two attempts at most: what is due later was noted by a clock that has been set back.
    private static let longestPause = 86_400.0

    /// What is to be told by now, oldest first.
    package func dueNotifications(at now: Date, limit: Int = 20) throws -> [DeliveryNotice] {
        try read { db in
            try GRDB.Row.fetchAll(
                db,
                sql:
                    """
                    SELECT id, body, target, attempts FROM notification
                    WHERE state = 'pending' AND (due_at <= ?1 OR due_at > ?1 + ?3) ORDER BY id LIMIT ?2
                    """,
                arguments: [now.timeIntervalSince1970, limit, Self.longestPause]
            ).map { row in
                DeliveryNotice(
                    id: row["id"], event: try Self.noun(DeliveryEvent.self, row["body"]), target: row["target"],
                    attempts: row["attempts"])
            }
        }
    }

    /// Whether anything is still to be told, now or later.
    package func isNotificationPending() throws -> Bool {
        try read { try Bool.fetchOne($0, sql: "SELECT EXISTS (SELECT 1 FROM notification WHERE state = 'pending')") }
            ?? false
    }

    /// Records that a notification was told (`next` nil), or failed and is to be tried again at `next`, or, without a
    /// next time, is given up.
    package func settle(_ notification: DeliveryNotice, told: Bool, answer: String, next: Date?) throws {
        try write { db in
            try db.execute(
                sql:
                    """
                    UPDATE notification SET state = ?, attempts = attempts + 1, answer = ?, due_at = ? WHERE id = \
                    ? AND state = 'pending'
                    """,
                arguments: [
                    told ? "done" : next == nil ? "failed" : "pending", answer, (next ?? Date()).timeIntervalSince1970,
                    notification.id,
                ])
        }
    }
}
