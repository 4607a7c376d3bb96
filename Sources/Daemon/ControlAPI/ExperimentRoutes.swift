import ControlProtocol
import Hummingbird
import Nouns
import Reports

/// What the control API can ask about experiments and bases for data; joined to the stages by the composition root.
package struct ExperimentOperations: Sendable {
    package var recommend: @Sendable (PipelineName, RecommendRequest) async throws -> [BaseRecommendation]
    package var recommendData: @Sendable (RecommendDataRequest) async throws -> [BaseRecommendation]

    package var start: @Sendable (PipelineName, StartExperiment, _ who: String) throws -> Experiment
    package var stop: @Sendable (ExperimentID, _ who: String) throws -> Experiment
    package var all: @Sendable (PipelineName?, _ limit: Int) throws -> [Experiment]
    package var one: @Sendable (ExperimentID) throws -> Experiment

    package init(
        recommend: @escaping @Sendable (PipelineName, RecommendRequest) async throws -> [BaseRecommendation],
        recommendData: @escaping @Sendable (RecommendDataRequest) async throws -> [BaseRecommendation],
        start: @escaping @Sendable (PipelineName, StartExperiment, String) throws -> Experiment,
        stop: @escaping @Sendable (ExperimentID, String) throws -> Experiment,
        all: @escaping @Sendable (PipelineName?, Int) throws -> [Experiment],
        one: @escaping @Sendable (ExperimentID) throws -> Experiment
    ) {
        self.start = start
        self.stop = stop
        self.all = all
        self.one = one
        self.recommend = recommend
        self.recommendData = recommendData
    }

    /// Adds the routes of ControlRoutes+Experiments.swift.
    func add(to router: Router<ControlContext>) {
        router.post("/v1/pipelines/:name/recommend") { request, context in
            try JSON.answer(await recommend(pipeline(context), await JSON.body(RecommendRequest.self, request)))
        }
        router.post("/v1/recommend") { request, _ in
            try JSON.answer(await recommendData(await JSON.body(RecommendDataRequest.self, request)))
        }
        router.post("/v1/pipelines/:name/experiments") { request, context in
            try JSON.answer(
                start(pipeline(context), await JSON.body(StartExperiment.self, request), await context.who()))
        }
        router.get("/v1/experiments") { request, _ in
            let query = request.uri.queryParameters
            let limit = max(1, min(10_000, query.get("limit").flatMap { Int($0) } ?? 20))
            return try JSON.answer(all(query.get("pipeline").map { PipelineName($0) }, limit))
        }
        router.get("/v1/experiments/:id") { request, context in
            let experiment = try one(ExperimentID(context.parameters.require("id")))
            switch request.uri.queryParameters.get("format") ?? "json" {
            case "json": return try JSON.answer(experiment)
            case "html": return JSON.text(ExperimentReport.page(experiment), "text/html; charset=utf-8")
            case "csv": return JSON.text(ExperimentTable.csv(experiment), "text/csv; charset=utf-8")
            case let other:
                throw Failure(
                    code: "request.format", "'\(other)' is not a format of experiments.", at: "format",
                    remedy: "Use json, html or csv.")
            }
        }
        router.post("/v1/experiments/:id/stop") { _, context in
            try JSON.answer(stop(ExperimentID(context.parameters.require("id")), await context.who()))
        }
    }

    private func pipeline(_ context: ControlContext) throws -> PipelineName {
        PipelineName(try context.parameters.require("name"))
    }
}
