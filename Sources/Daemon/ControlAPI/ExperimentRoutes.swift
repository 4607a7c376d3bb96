import Contracts
import Hummingbird

/// What the control API can ask about experiments and bases for data; joined to the stages by the composition root.
package struct ExperimentOperations: Sendable {
    package var recommend: @Sendable (PipelineName, RecommendRequest) async throws -> [BaseRecommendation]
    package var recommendData: @Sendable (RecommendDataRequest) async throws -> [BaseRecommendation]

    package init(
        recommend: @escaping @Sendable (PipelineName, RecommendRequest) async throws -> [BaseRecommendation],
        recommendData: @escaping @Sendable (RecommendDataRequest) async throws -> [BaseRecommendation]
    ) {
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
    }

    private func pipeline(_ context: ControlContext) throws -> PipelineName { PipelineName(try context.parameters.require("name")) }
}
