import Foundation
import GRDB
import Nouns

/// Tables `job`, `made_pipeline` and `pipeline_share`: what was asked for by OpenAI's API, and the pipelines that came
/// of it.
extension Ledger {
    package func add(_ job: Job) throws {
        try write { db in
            try db.execute(
                sql: "INSERT INTO job (id, pipeline, body) VALUES (?, ?, ?)",
                arguments: [job.id.rawValue, job.pipeline.rawValue, try Self.body(job)])
        }
    }

    package func job(_ id: JobID) throws -> Job? { try read { try Self.job(id, $0) } }

    /// A job as it is within a transaction, or nil.
    static func job(_ id: JobID, _ db: Database) throws -> Job? {
        try nouns(Job.self, db, "SELECT body FROM job WHERE id = ?", [id.rawValue]).first
    }

    /// Jobs, the newest first.
    ///
    /// - Parameters:
    ///   - owner: only those of a user; nil for all.
    ///   - after: the job behind which the page begins.
    ///   - fitting: only those of which this is true.
    /// - Returns: nil where there is no job `after`, or it is somebody else's.
    package func jobs(owner: String?, after: JobID?, limit: Int, where fitting: (Job) -> Bool = { _ in true }) throws
        -> [Job]?
    {
        try read { db in
            var start: Int?
            if let after {
                start = try Int.fetchOne(
                    db, sql: "SELECT number FROM job WHERE id = ?1 AND (?2 IS NULL OR owner = ?2)",
                    arguments: [after.rawValue, owner])
                guard start != nil else { return nil }
            }
            let bodies = try String.fetchCursor(
                db,
                sql: """
                    SELECT body FROM job WHERE (?1 IS NULL OR owner = ?1) AND (?2 IS NULL OR number < ?2)
                    ORDER BY number DESC
                    """, arguments: [owner, start])
            var found: [Job] = []
            while found.count < limit, let body = try bodies.next() {
                let job = try Self.noun(Job.self, body)
                if fitting(job) { found.append(job) }
            }
            return found
        }
    }

    /// Jobs of a pipeline that have no run yet, the oldest first.
    package func waitingJobs(_ pipeline: PipelineName) throws -> [Job] {
        try read {
            try readable(
                Job.self, $0, "SELECT id, body FROM job WHERE pipeline = ? AND state = 'waiting' ORDER BY number",
                [pipeline.rawValue])
        }
    }

    /// The jobs whose file is a drop, or that chose among checkpoints by rows of one, with what they learn and choose
    /// by.
    ///
    /// - Parameter files: row files; a job that chooses by one of them counts as well.
    package func jobs(ofDrops drops: Set<DropID>, orChoosingBy files: Set<String>) throws -> [Job] {
        try read { db in
            let jobs = try drops.sorted().flatMap {
                try Self.nouns(Job.self, db, "SELECT body FROM job WHERE drop_id = ?", [$0.rawValue])
            }
            let others = try files.sorted().flatMap { file in
                try Self.nouns(
                    Job.self, db,
                    """
                    SELECT job.body FROM job JOIN run ON run.id = job.run
                    JOIN snapshot_file ON snapshot_file.snapshot = run.snapshot AND snapshot_file.sha256 = ?
                    WHERE snapshot_file.split = 'validation' AND json_extract(job.body, '$.validation') IS NOT NULL
                    ORDER BY job.number
                    """, [file])
            }
            var known: Set<JobID> = []
            return (jobs + others).filter { known.insert($0.id).inserted }
        }
    }

    /// Changes a job. What `change` throws is thrown, and nothing is changed then. Receivers of events hear of one that
    /// ends without a run.
    @discardableResult
    package func change(_ id: JobID, _ change: (inout Job) throws -> Void) throws -> Job {
        try write { db in
            guard var job = try Self.job(id, db) else {
                throw Failure(
                    code: "job.unknown", "There is no job '\(id)'.", at: id.rawValue, remedy: "List your jobs.")
            }
            let wasOver = job.isOver
            try change(&job)
            try Self.save(job, db)
            if job.isOver, !wasOver {
                try Self.happen(
                    job.state == .failed ? .jobFailed : .jobCancelled, job.pipeline, job.drop,
                    job.cause?.message ?? job.notes.last?.message ?? "", db)
            }
            return job
        }
    }

    /// Queues the run of a waiting job, in one transaction with the job's being begun.
    ///
    /// - Returns: nil, and queues nothing, where the job waits no more.
    package func begin(_ id: JobID, notes: [Job.Note], _ make: (RunID) throws -> Run) throws -> Run? {
        try write { db in
            guard var job = try Self.job(id, db), job.state == .waiting, job.paused == nil else { return nil }
            let run = try Self.insert(db) {
                var run = try make($0)
                run.job = id
                return run
            }
            job.state = .begun
            job.run = run.id
            job.notes += notes
            try Self.save(job, db)
            return run
        }
    }

    static func save(_ job: Job, _ db: Database) throws {
        try db.execute(
            sql: "UPDATE job SET body = ? WHERE id = ?", arguments: [try body(job), job.id.rawValue])
    }

    // MARK: - Pipelines that jobs made

    /// Notes whose a pipeline is; what was noted before stays.
    package func note(_ made: MadePipeline) throws {
        try write {
            try $0.execute(
                sql: "INSERT OR IGNORE INTO made_pipeline (pipeline, owner, text, created_at) VALUES (?, ?, ?, ?)",
                arguments: [
                    made.pipeline.rawValue, made.owner, made.text, made.createdAt.timeIntervalSince1970,
                ])
        }
    }

    /// Whose a pipeline is that jobs made; nil for every other.
    package func madePipeline(_ name: PipelineName) throws -> MadePipeline? {
        try read { db in
            try GRDB.Row.fetchOne(
                db, sql: "SELECT owner, text, created_at FROM made_pipeline WHERE pipeline = ?",
                arguments: [name.rawValue]
            ).map {
                MadePipeline(
                    name, owner: $0["owner"], text: $0["text"], createdAt: Date(timeIntervalSince1970: $0["created_at"])
                )
            }
        }
    }

    /// The users whom the owner lets use a pipeline.
    package func sharers(of pipeline: PipelineName) throws -> [String] {
        try read {
            try String.fetchAll(
                $0, sql: "SELECT user FROM pipeline_share WHERE pipeline = ? ORDER BY user",
                arguments: [pipeline.rawValue])
        }
    }

    /// Lets a user use a pipeline that jobs made, or no more.
    package func share(_ pipeline: PipelineName, with user: String, _ isShared: Bool) throws {
        try write {
            try $0.execute(
                sql: isShared
                    ? "INSERT OR IGNORE INTO pipeline_share (pipeline, user) VALUES (?, ?)"
                    : "DELETE FROM pipeline_share WHERE pipeline = ? AND user = ?",
                arguments: [pipeline.rawValue, user])
        }
    }
}
