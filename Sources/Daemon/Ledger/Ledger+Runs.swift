import Foundation
import GRDB
import Nouns

extension Ledger {
    /// Records a snapshot; the same content again is the same snapshot.
    package func add(_ snapshot: Snapshot) throws {
        try write { db in
            try db.execute(
                sql: "INSERT OR IGNORE INTO snapshot (id, pipeline, created_at, body) VALUES (?, ?, ?, ?)",
                arguments: [
                    snapshot.id.rawValue, snapshot.pipeline.rawValue, snapshot.createdAt.timeIntervalSince1970,
                    try Self.body(snapshot),
                ])
            for (split, files) in snapshot.files {
                for file in files {
                    // What a filtered copy was made from is known to lineage by the file that it replaces.
                    try db.execute(
                        sql:
                            "INSERT OR IGNORE INTO snapshot_file (snapshot, split, sha256, source) VALUES (?, ?, ?, ?)",
                        arguments: [
                            snapshot.id.rawValue, split.rawValue, file.sha256,
                            snapshot.sources?[file.sha256] ?? file.sha256,
                        ])
                }
            }
        }
    }

    package func snapshot(_ id: SnapshotID) throws -> Snapshot? {
        try read { try Self.nouns(Snapshot.self, $0, "SELECT body FROM snapshot WHERE id = ?", [id.rawValue]).first }
    }

    /// Queues a run and marks the new drops it takes as tried, in one transaction; `make` gets the run's new
    /// identifier.
    ///
    /// - Parameter drops: those that no run was queued for yet. What earlier runs did not bring to what is served may
    ///   be in the run as well.
    /// - Returns: nil, and queues nothing, where another run has taken one of `drops` meanwhile.
    package func queue(taking drops: [DropID], _ make: (RunID) throws -> Run) throws -> Run? {
        try write { db in
            for id in drops {
                try db.execute(
                    sql: "UPDATE drop_file SET scheduled = 1 WHERE id = ? AND scheduled = 0", arguments: [id.rawValue])
                guard db.changesCount == 1 else {
                    try db.execute(
                        sql:
                            """
                            UPDATE drop_file SET scheduled = 0 WHERE id IN \
                            (\(drops.prefix { $0 != id }.map { "'\($0.rawValue)'" }.joined(separator: ",")))
                            """
                    )
                    return nil
                }
            }
            return try Self.insert(db, make)
        }
    }

    /// Adds a run under the next identifier.
    static func insert(_ db: Database, message: String? = nil, _ make: (RunID) throws -> Run) throws -> Run {
        let number = (try Int.fetchOne(db, sql: "SELECT MAX(number) FROM run") ?? 0) + 1
        let run = try make(RunID("r-\(String(format: "%06d", number))"))
        try db.execute(
            sql:
                """
                INSERT INTO run (id, number, pipeline, state, priority, created_at, base, snapshot, body) VALUES \
                (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                run.id.rawValue, number, run.pipeline.rawValue, run.state.rawValue, run.priority,
                run.createdAt.timeIntervalSince1970,
                run.base.rawValue, run.snapshot.rawValue, try body(run),
            ])
        try note(run, message, db)
        return run
    }

    package func run(_ id: RunID) throws -> Run? {
        try read { try Self.nouns(Run.self, $0, "SELECT body FROM run WHERE id = ?", [id.rawValue]).first }
    }

    /// Runs, newest first.
    package func runs(pipeline: PipelineName? = nil, state: RunState? = nil, limit: Int = 50) throws -> [Run] {
        try read {
            try Self.nouns(
                Run.self, $0,
                """
                SELECT body FROM run WHERE (? IS NULL OR pipeline = ?) AND (? IS NULL OR state = ?) ORDER BY \
                number DESC LIMIT ?
                """,
                [pipeline?.rawValue, pipeline?.rawValue, state?.rawValue, state?.rawValue, limit])
        }
    }

    /// Runs in any of `states`, most urgent first, then oldest.
    package func runs(in states: [RunState]) throws -> [Run] {
        try read {
            try Self.nouns(
                Run.self, $0,
                """
                SELECT body FROM run WHERE state IN (\(states.map { "'\($0.rawValue)'" }.joined(separator: ","))) \
                ORDER BY priority DESC, number
                """
            )
        }
    }

    /// Moves a run to the next state, changing what else `change` sets, in one transaction.
    ///
    /// Returns the run as it now is. Throws a Failure (`run.transition`) where the run is not in one of `from` (someone
    /// else was faster), or where its life-cycle forbids the step.
    @discardableResult
    package func transition(
        _ id: RunID, from: Set<RunState>, to state: RunState, message: String? = nil,
        _ change: (inout Run) -> Void = { _ in }
    ) throws -> Run {
        try write { db in
            guard var run = try Self.nouns(Run.self, db, "SELECT body FROM run WHERE id = ?", [id.rawValue]).first
            else {
                throw Failure(
                    code: "run.unknown", "There is no run '\(id)'.", at: id.rawValue, remedy: "See `ftctl runs`.")
            }
            guard from.contains(run.state), run.state.allowedNext.contains(state) else {
                throw Failure(
                    code: "run.transition",
                    "Run \(id) is \(run.state.rawValue), so it cannot become \(state.rawValue).", at: id.rawValue,
                    remedy: "See `ftctl show \(id)`.")
            }
            run.state = state
            change(&run)
            if state == .training, run.startedAt == nil { run.startedAt = Date() }
            if state.isFinal || state == .promoted { run.finishedAt = run.finishedAt ?? Date() }
            try Self.save(run, db)
            try Self.note(run, message, db)
            return run
        }
    }

    /// Changes what a run records without changing its state.
    package func amend(_ id: RunID, _ change: (inout Run) -> Void) throws {
        try write { db in
            guard var run = try Self.nouns(Run.self, db, "SELECT body FROM run WHERE id = ?", [id.rawValue]).first
            else { return }
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

    private static func save(_ run: Run, _ db: Database) throws {
        try db.execute(
            sql: "UPDATE run SET state = ?, priority = ?, body = ? WHERE id = ?",
            arguments: [run.state.rawValue, run.priority, try body(run), run.id.rawValue])
    }

    private static func note(_ run: Run, _ message: String?, _ db: Database) throws {
        try db.execute(
            sql: "INSERT INTO run_transition (run, state, at, message) VALUES (?, ?, ?, ?)",
            arguments: [run.id.rawValue, run.state.rawValue, Date().timeIntervalSince1970, message])
    }

    /// A model's scores on a set, where they were computed before.
    package func evaluation(model: String, set: String, settings: String) throws -> EvaluationResult? {
        try read {
            try Self.nouns(
                EvaluationResult.self, $0,
                "SELECT body FROM evaluation WHERE model = ? AND set_digest = ? AND settings = ?",
                [model, set, settings]
            ).first
        }
    }

    /// Keeps a model's scores on a set.
    package func keep(_ result: EvaluationResult, model: String, set: String, settings: String) throws {
        try write { db in
            try db.execute(
                sql: "INSERT OR REPLACE INTO evaluation (model, set_digest, settings, body) VALUES (?, ?, ?, ?)",
                arguments: [model, set, settings, try Self.body(result)])
        }
    }
}
