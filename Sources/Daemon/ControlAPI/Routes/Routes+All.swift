import Operations
import WireAPI

extension Routes {
    /// Every route of the control API and of OpenAI's, each joined to its operation.
    static func all(_ operations: Operations, _ wire: WireOperations) -> Routes {
        var routes = Routes()
        routes.addStatus(operations.status, operations.metrics)
        routes.addPipelines(operations.pipelines)
        routes.addRuns(operations.runs)
        routes.addDrops(operations.drops)
        routes.addData(operations)
        routes.addVersions(operations)
        routes.addBases(operations.bases)
        routes.addEngines(operations.engines)
        routes.addExperiments(operations.experiments)
        routes.addTokens(operations.tokens)
        routes.addKeeping(operations.audit, operations.backups)
        routes.addFiles(operations)
        routes.addFeedback(operations)
        routes.addModels(wire.models)
        routes.addAnswers(wire)
        routes.addJobs(wire.jobs)
        return routes
    }
}
