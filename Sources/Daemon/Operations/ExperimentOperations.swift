import ControlProtocol
import Experiments
import Ledger
import Nouns
import StageKit

/// What people ask about experiments and of them.
package struct ExperimentOperations: Sendable {
    let context: StageContext
    let service: ExperimentService

    /// Experiments, the newest first.
    package func list(_ query: ExperimentQuery) throws -> [Experiment] {
        try context.requireKnown(query.pipeline)
        return try context.ledger.experiments(pipeline: query.pipeline, limit: query.limit).map(service.live)
    }

    /// Throws a Failure (`experiment.unknown`) where there is no such experiment.
    package func show(_ id: ExperimentID) throws -> Experiment {
        guard let experiment = try context.ledger.experiment(id) else {
            throw Failure(
                code: "experiment.unknown", "There is no experiment '\(id)'.", at: id.rawValue,
                remedy: "See `ftctl experiment list`.")
        }
        return service.live(experiment)
    }

    package func start(_ name: PipelineName, _ request: StartExperiment, who: String) throws -> Experiment {
        try service.start(name, request, by: who)
    }

    package func stop(_ id: ExperimentID, who: String) throws -> Experiment { try service.stop(id, by: who) }
}
