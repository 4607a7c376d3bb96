import Foundation
import GRDB
import Nouns

/// Tables `run` and `run_transition`: what each run is, and every state that it went through.
extension Ledger {
    /// Queues a run and marks the new drops it takes as tried, in one transaction; `make` gets the run's new
    /// identifier.
    ///
    /// - Parameter drops: those that no run was queued for yet. What earlier runs did not bring to what is served may
    ///   be in the run as well.
    /// - Returns: nil, and queues nothing, where another run has taken one of `drops` meanwhile.
    package func queue(taking drops: [DropID], _ make: (RunID) throws -> Run) throws -> Run? {
        try write { db in
            for (index, id) in drops.enumerated() where try !Self.take(id, db) {
                for taken in drops.prefix(index) { try Self.release(taken, db) }
                return nil
            }
            return try Self.insert(db, make)
        }
    }

    /// Adds a run under the next identifier.
    static func insert(_ db: Database, message: String? = nil, _ make: (RunID) throws -> Run) throws -> Run {
        let number = (try Int.fetchOne(db, sql: "SELECT MAX(number) FROM run") ?? 0) + 1
        let run = try make(RunID("r-\(String(format: "%06d", number))"))
        try db.execute(
            sql: """
                INSERT INTO run (id, number, pipeline, created_at, base, snapshot, body) VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                run.id.rawValue, number, run.pipeline.rawValue, run.createdAt.timeIntervalSince1970,
                run.base.rawValue, run.snapshot.rawValue, try body(run),
            ])
        try note(run, message, db)
        return run
    }

    package func run(_ id: RunID) throws -> Run? { try read { try Self.run(id, $0) } }

    /// A run as it is within a transaction, or nil.
    static func run(_ id: RunID, _ db: Database) throws -> Run? {
        try nouns(Run.self, db, "SELECT body FROM run WHERE id = ?", [id.rawValue]).first
    }

    /// Runs, newest first.
    ///
    /// - Parameter owner: leaves out the runs of jobs that others made; nil for all.
    package func runs(
        pipeline: PipelineName? = nil, state: RunState? = nil, limit: Int = 50, seenBy owner: String? = nil
    ) throws -> [Run] {
        try read {
            try readable(
                Run.self, $0,
                """
                SELECT id, body FROM run WHERE (?1 IS NULL OR pipeline = ?1) AND (?2 IS NULL OR state = ?2)
                AND (?4 IS NULL OR NOT EXISTS (SELECT 1 FROM job WHERE job.run = run.id AND job.owner <> ?4))
                ORDER BY number DESC LIMIT ?3
                """,
                [pipeline?.rawValue, state?.rawValue, limit, owner])
        }
    }

    /// The pipelines that have runs in a state.
    package func pipelines(withRunsIn state: RunState) throws -> [PipelineName] {
        try read {
            try String.fetchAll(
                $0, sql: "SELECT DISTINCT pipeline FROM run WHERE state = ? ORDER BY pipeline",
                arguments: [state.rawValue])
        }.map { PipelineName($0) }
    }

    /// Runs in any of `states`, most urgent first, then oldest.
    package func runs(in states: [RunState]) throws -> [Run] {
        let list = states.map { "'\($0.rawValue)'" }.joined(separator: ",")
        return try read {
            try readable(
                Run.self, $0, "SELECT id, body FROM run WHERE state IN (\(list)) ORDER BY priority DESC, number")
        }
    }

    /// Records what happened to a run, in one transaction.
    ///
    /// Throws a Failure (`run.transition`) where that cannot happen in the run's state (someone else was faster).
    ///
    /// - Returns: the run as it now is, and what is to be done about it.
    package func apply(_ id: RunID, _ event: RunEvent) throws -> RunChange {
        try write { try Self.apply(id, event, $0) }
    }

    /// The same, inside a transaction that records more.
    static func apply(_ id: RunID, _ event: RunEvent, _ db: Database) throws -> RunChange {
        guard var run = try Self.run(id, db) else {
            throw Failure(
                code: "run.unknown", "There is no run '\(id)'.", at: id.rawValue, remedy: "See `ftctl runs`.")
        }
        let effects = try run.apply(event, at: Date())
        try save(run, db)
        try note(run, RunLife.note(event), db)
        return RunChange(run: run, effects: effects)
    }

    /// Changes what a run records without changing its state.
    package func amend(_ id: RunID, _ change: (inout Run) -> Void) throws {
        try write { db in
            guard var run = try Self.run(id, db) else { return }
            let state = run.state
            change(&run)
            run.state = state
            try Self.save(run, db)
        }
    }

    /// The state changes of a run in order, with what was said.
    package func transitions(_ id: RunID) throws -> [(state: RunState, at: Date, message: String?)] {
        try read { db in
            try GRDB.Row.fetchAll(
                db, sql: "SELECT state, at, message FROM run_transition WHERE run = ? ORDER BY sequence",
                arguments: [id.rawValue]
            )
            .compactMap { row in
                RunState(rawValue: row["state"]).map { ($0, Date(timeIntervalSince1970: row["at"]), row["message"]) }
            }
        }
    }

    /// Writes a run as it now is.
    static func save(_ run: Run, _ db: Database) throws {
        try db.execute(
            sql: "UPDATE run SET body = ? WHERE id = ?", arguments: [try body(run), run.id.rawValue])
    }

    /// Notes that a run has come to the state that it is in.
    static func note(_ run: Run, _ message: String?, _ db: Database) throws {
        try db.execute(
            sql: "INSERT INTO run_transition (run, state, at, message) VALUES (?, ?, ?, ?)",
            arguments: [run.id.rawValue, run.state.rawValue, Date().timeIntervalSince1970, message])
    }
}
