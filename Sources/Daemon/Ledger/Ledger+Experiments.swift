import Foundation
import GRDB
import Nouns

/// Table `experiment`: searches for a better recipe, one at a time for each pipeline.
extension Ledger {
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
                sql: """
                    INSERT INTO experiment (id, number, pipeline, created_at, snapshot, body) VALUES (?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    experiment.id.rawValue, number, experiment.pipeline.rawValue,
                    experiment.createdAt.timeIntervalSince1970, experiment.snapshot.rawValue, try Self.body(experiment),
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

    /// Ends an experiment, queues its winner's run and keeps its suggestion in one transaction: the winner meets the
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
                for id in drops where try Self.take(id, db) { taken.append(id) }
                present.run = try Self.insert(db, message: message) { make($0, taken) }.id
            }
            try Self.save(present, db)
            if let suggestion { try Self.save(suggestion, db) }
            return present
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
            sql: "UPDATE experiment SET body = ? WHERE id = ?",
            arguments: [try body(bare), experiment.id.rawValue])
    }

    private static func unknown(_ id: ExperimentID) -> Failure {
        Failure(
            code: "experiment.unknown", "There is no experiment '\(id)'.", at: id.rawValue,
            remedy: "See `ftctl experiment list`.")
    }
}
