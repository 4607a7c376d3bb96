import Foundation
import GRDB
import Nouns

/// Table `cleared`: whose files retention has removed, so that it never looks at them again.
extension Ledger {
    /// What has files of its own that may be removed while its record stays.
    package enum Keeper: String, Sendable { case run, version, experiment, drop }

    /// Notes that the files of something are gone.
    package func clear(_ kind: Keeper, _ id: String) throws {
        try write { db in
            try db.execute(
                sql: "INSERT OR IGNORE INTO cleared (kind, id, at) VALUES (?, ?, ?)",
                arguments: [kind.rawValue, id, Date().timeIntervalSince1970])
        }
    }

    /// When the files of something were removed; nil where they were not.
    package func cleared(_ kind: Keeper, _ id: String) throws -> Date? {
        try read { db in
            try Double.fetchOne(
                db, sql: "SELECT at FROM cleared WHERE kind = ? AND id = ?", arguments: [kind.rawValue, id])
        }.map { Date(timeIntervalSince1970: $0) }
    }

    /// Every pipeline that has a drop, a run, a version or a job, whether or not it still has a settings file.
    package func pipelines() throws -> [PipelineName] {
        try read { db in
            try String.fetchAll(
                db,
                sql: """
                    SELECT pipeline FROM drop_file UNION SELECT pipeline FROM run UNION SELECT pipeline FROM version
                    UNION SELECT pipeline FROM job ORDER BY pipeline
                    """
            ).map { PipelineName($0) }
        }
    }

    /// SHA-256 digests of the row files that a pipeline's drops and snapshots have, or had.
    package func rowFiles(_ pipeline: PipelineName) throws -> Set<String> {
        try read { db in
            try String.fetchSet(
                db,
                sql: """
                    SELECT sha256 FROM shard WHERE pipeline = ?1 UNION SELECT sha256 FROM snapshot_file
                    JOIN snapshot ON snapshot.id = snapshot_file.snapshot WHERE snapshot.pipeline = ?1
                    """, arguments: [pipeline.rawValue])
        }
    }

    /// Runs of a pipeline whose files may still be there, newest first.
    package func keptRuns(_ pipeline: PipelineName) throws -> [Run] {
        try read {
            try readable(
                Run.self, $0,
                """
                SELECT id, body FROM run WHERE pipeline = ? AND id NOT IN (SELECT id FROM cleared WHERE kind = 'run')
                ORDER BY number DESC
                """, [pipeline.rawValue])
        }
    }

    /// Versions of a pipeline whose files may still be there, newest first.
    package func keptVersions(_ pipeline: PipelineName) throws -> [ModelVersion] {
        try read {
            try readable(
                ModelVersion.self, $0,
                """
                SELECT id, body FROM version WHERE pipeline = ?
                AND id NOT IN (SELECT id FROM cleared WHERE kind = 'version') ORDER BY rowid DESC
                """, [pipeline.rawValue])
        }
    }

    /// Experiments that are over and whose files may still be there, without their trials.
    package func keptExperiments(_ pipeline: PipelineName) throws -> [Experiment] {
        try read {
            try readable(
                Experiment.self, $0,
                """
                SELECT id, body FROM experiment WHERE pipeline = ? AND state <> 'running'
                AND id NOT IN (SELECT id FROM cleared WHERE kind = 'experiment') ORDER BY number DESC
                """, [pipeline.rawValue])
        }
    }

    /// Drops of a pipeline that came before `time`, that no stage has work with, and whose originals may still be
    /// there.
    package func keptDrops(_ pipeline: PipelineName, before time: Date) throws -> [Drop] {
        try read {
            try readable(
                Drop.self, $0,
                """
                SELECT id, body FROM drop_file WHERE pipeline = ? AND received_at < ?
                AND state NOT IN ('received', 'validated')
                AND id NOT IN (SELECT id FROM cleared WHERE kind = 'drop') ORDER BY received_at
                """, [pipeline.rawValue, time.timeIntervalSince1970])
        }
    }

    /// Runs that came to a state in which their checkpoint is of no more use, after the transition numbered `mark`; and
    /// the newest transition's number.
    package func proven(after mark: Int64) throws -> (runs: [RunID], mark: Int64) {
        try read { db in
            let newest = try Int64.fetchOne(db, sql: "SELECT COALESCE(MAX(sequence), 0) FROM run_transition") ?? 0
            let runs = try String.fetchAll(
                db,
                sql: """
                    SELECT DISTINCT run FROM run_transition JOIN run ON run.id = run_transition.run
                    WHERE sequence > ? AND sequence <= ? AND run.state NOT IN ('queued', 'training', 'failed')
                    """, arguments: [mark, newest])
            return (runs.map { RunID($0) }, newest)
        }
    }

    /// Forgets what receivers were told more than three months ago.
    package func forgetOldNotifications(before time: Date) throws {
        try write { db in
            try db.execute(
                sql: "DELETE FROM notification WHERE state <> 'pending' AND due_at < ?",
                arguments: [time.timeIntervalSince1970])
        }
    }
}
