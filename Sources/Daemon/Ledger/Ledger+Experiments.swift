import Foundation
import GRDB
import Nouns

/// Experiments, their trials and their rungs: each leg of a trial is one row, so that kill -9 at any instant loses at
/// most the leg under way, and that leg goes on from its checkpoint.
extension Ledger {
    static func createExperiments(_ db: Database) throws {
        let states = Experiment.State.allCases.map { "'\($0.rawValue)'" }.joined(separator: ",")
        try db.execute(
            sql: """
                CREATE TABLE experiment (
                    id TEXT PRIMARY KEY, number INTEGER NOT NULL UNIQUE, pipeline TEXT NOT NULL, state TEXT NOT NULL \
                    CHECK (state IN (\(states))),
                    created_at REAL NOT NULL, snapshot TEXT NOT NULL REFERENCES snapshot (id), run TEXT UNIQUE \
                    REFERENCES run (id),
                    body TEXT NOT NULL) STRICT;
                -- One at a time for each pipeline.
                CREATE UNIQUE INDEX experiment_running ON experiment (pipeline) WHERE state = 'running';

                CREATE TABLE trial (
                    experiment TEXT NOT NULL REFERENCES experiment (id), number INTEGER NOT NULL CHECK (number >= 0),
                    body TEXT NOT NULL, PRIMARY KEY (experiment, number)) STRICT, WITHOUT ROWID;

                CREATE TABLE rung (
                    experiment TEXT NOT NULL, trial INTEGER NOT NULL, rung INTEGER NOT NULL CHECK (rung >= 0), loss \
                    REAL NOT NULL, at REAL NOT NULL,
                    PRIMARY KEY (experiment, trial, rung), FOREIGN KEY (experiment, trial) REFERENCES trial \
                    (experiment, number)) STRICT, WITHOUT ROWID;

                CREATE TABLE suggestion (
                    pipeline TEXT PRIMARY KEY, experiment TEXT NOT NULL REFERENCES experiment (id), adopted INTEGER \
                    NOT NULL CHECK (adopted IN (0, 1)),
                    body TEXT NOT NULL) STRICT, WITHOUT ROWID;
                """)
    }

    /// Begins an experiment under the next identifier. Throws a Failure where the pipeline has one under way.
    package func begin(_ pipeline: PipelineName, _ make: (ExperimentID) throws -> Experiment) throws -> Experiment {
        try write { db in
            if let running = try String.fetchOne(
                db, sql: "SELECT id FROM experiment WHERE pipeline = ? AND state = 'running'",
                arguments: [pipeline.rawValue])
            {
                throw Failure(
                    code: "experiment.running", "The pipeline '\(pipeline)' has the experiment \(running) under way.",
                    at: running,
                    remedy: "Wait for it, or stop it with `ftctl experiment stop \(running)`.")
            }
            let number = (try Int.fetchOne(db, sql: "SELECT MAX(number) FROM experiment") ?? 0) + 1
            let experiment = try make(ExperimentID("x-\(String(format: "%06d", number))"))
            try db.execute(
                sql:
                    """
                    INSERT INTO experiment (id, number, pipeline, state, created_at, snapshot, body) VALUES (?, \
                    ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    experiment.id.rawValue, number, experiment.pipeline.rawValue, experiment.state.rawValue,
                    experiment.createdAt.timeIntervalSince1970,
                    experiment.snapshot.rawValue, try Self.body(experiment),
                ])
            return experiment
        }
    }

    package func experiment(_ id: ExperimentID) throws -> Experiment? {
        try read { try Self.experiments($0, "WHERE id = ?", [id.rawValue]).first }
    }

    /// Experiments with their trials, newest first.
    package func experiments(pipeline: PipelineName? = nil, state: Experiment.State? = nil, limit: Int = 50) throws
        -> [Experiment]
    {
        try read {
            try Self.experiments(
                $0, "WHERE (? IS NULL OR pipeline = ?) AND (? IS NULL OR state = ?) ORDER BY number DESC LIMIT ?",
                [pipeline?.rawValue, pipeline?.rawValue, state?.rawValue, state?.rawValue, limit])
        }
    }

    /// Records a trial as it now is. Rungs that it has reached are added and never changed.
    package func save(_ trial: Trial, of id: ExperimentID) throws {
        try write { db in
            var bare = trial
            bare.losses = []
            try db.execute(
                sql:
                    """
                    INSERT INTO trial (experiment, number, body) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET body \
                    = excluded.body
                    """,
                arguments: [id.rawValue, trial.number, try Self.body(bare)])
            for (rung, loss) in trial.losses.enumerated() {
                try db.execute(
                    sql:
                        """
                        INSERT INTO rung (experiment, trial, rung, loss, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT \
                        DO NOTHING
                        """,
                    arguments: [id.rawValue, trial.number, rung, loss, Date().timeIntervalSince1970])
            }
        }
    }

    /// Changes what a running experiment records, or ends it. Returns it as it now is; one that is over stays as it is.
    @discardableResult
    package func amend(_ id: ExperimentID, _ change: (inout Experiment) -> Void) throws -> Experiment {
        try write { db in
            guard var experiment = try Self.experiments(db, "WHERE id = ?", [id.rawValue]).first else {
                throw Self.unknown(id)
            }
            guard !experiment.state.isFinal else { return experiment }
            change(&experiment)
            if experiment.state.isFinal { experiment.finishedAt = experiment.finishedAt ?? Date() }
            try Self.save(experiment, db)
            return experiment
        }
    }

    /// Ends an experiment with its winner's run and its suggestion in one transaction, so that the winner meets the
    /// gate once.
    ///
    /// The run takes those of `drops` that no other run has taken meanwhile.
    package func conclude(
        _ experiment: Experiment, suggestion: Suggestion?, taking drops: [DropID], message: String,
        _ make: ((RunID, [DropID]) -> Run)?
    ) throws -> Experiment {
        try write { db in
            guard var present = try Self.experiments(db, "WHERE id = ?", [experiment.id.rawValue]).first else {
                throw Self.unknown(experiment.id)
            }
            guard !present.state.isFinal else { return present }
            present.state = experiment.state
            present.winner = experiment.winner
            present.conclusion = experiment.conclusion
            present.finishedAt = Date()
            if let make {
                var taken: [DropID] = []
                for id in drops {
                    try db.execute(
                        sql: "UPDATE drop_file SET scheduled = 1 WHERE id = ? AND scheduled = 0",
                        arguments: [id.rawValue])
                    if db.changesCount == 1 { taken.append(id) }
                }
                present.run = try Self.insert(db, message: message) { make($0, taken) }.id
            }
            try Self.save(present, db)
            if let suggestion { try Self.save(suggestion, db) }
            return present
        }
    }

    /// What an experiment found for a pipeline last.
    package func suggestion(_ pipeline: PipelineName) throws -> Suggestion? {
        try read {
            try Self.nouns(Suggestion.self, $0, "SELECT body FROM suggestion WHERE pipeline = ?", [pipeline.rawValue])
                .first
        }
    }

    /// Lets runs take a suggestion, where it is still the one of that experiment. Returns whether it was not adopted
    /// before.
    package func adopt(_ suggestion: Suggestion) throws -> Bool {
        try write { db in
            guard
                var present = try Self.nouns(
                    Suggestion.self, db, "SELECT body FROM suggestion WHERE pipeline = ?",
                    [suggestion.pipeline.rawValue]
                ).first,
                present.experiment == suggestion.experiment, !present.adopted
            else { return false }
            present.adopted = true
            try Self.save(present, db)
            return true
        }
    }

    /// Training rows of each class.
    package func classRows(_ pipeline: PipelineName) throws -> [String: Int] {
        try read { db in
            let rows = try GRDB.Row.fetchAll(
                db,
                sql: """
                    SELECT label, COUNT(*) AS n FROM drop_file CROSS JOIN dataset_row ON drop_id = drop_file.id
                    WHERE state = 'stored' AND drop_file.pipeline = ? AND split = 'train' AND label IS NOT NULL GROUP \
                    BY label
                    """, arguments: [pipeline.rawValue])
            return Dictionary(rows.map { ($0["label"], $0["n"]) }, uniquingKeysWith: { first, _ in first })
        }
    }

    private static func experiments(_ db: Database, _ condition: String, _ arguments: StatementArguments) throws
        -> [Experiment]
    {
        var list = try nouns(Experiment.self, db, "SELECT body FROM experiment \(condition)", arguments)
        for index in list.indices {
            let id = list[index].id.rawValue
            list[index].trials = try nouns(
                Trial.self, db, "SELECT body FROM trial WHERE experiment = ? ORDER BY number", [id])
            for rung in try GRDB.Row.fetchAll(
                db, sql: "SELECT trial, loss FROM rung WHERE experiment = ? ORDER BY trial, rung", arguments: [id])
            {
                let number: Int = rung["trial"]
                if let place = list[index].trials.firstIndex(where: { $0.number == number }) {
                    list[index].trials[place].losses.append(rung["loss"])
                }
            }
        }
        return list
    }

    private static func save(_ experiment: Experiment, _ db: Database) throws {
        var bare = experiment
        bare.trials = []
        try db.execute(
            sql: "UPDATE experiment SET state = ?, run = ?, body = ? WHERE id = ?",
            arguments: [experiment.state.rawValue, experiment.run?.rawValue, try body(bare), experiment.id.rawValue])
    }

    private static func save(_ suggestion: Suggestion, _ db: Database) throws {
        try db.execute(
            sql: "INSERT OR REPLACE INTO suggestion (pipeline, experiment, adopted, body) VALUES (?, ?, ?, ?)",
            arguments: [
                suggestion.pipeline.rawValue, suggestion.experiment.rawValue, suggestion.adopted ? 1 : 0,
                try body(suggestion),
            ])
    }

    private static func unknown(_ id: ExperimentID) -> Failure {
        Failure(
            code: "experiment.unknown", "There is no experiment '\(id)'.", at: id.rawValue,
            remedy: "See `ftctl experiment list`.")
    }
}
