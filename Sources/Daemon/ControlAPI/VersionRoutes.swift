import ControlProtocol
import Hummingbird
import Nouns

/// What the control API can ask about versions; joined to the stages by the composition root.
package struct VersionOperations: Sendable {
    package var all: @Sendable (PipelineName) throws -> [VersionSummary]
    package var one: @Sendable (PipelineName, String) throws -> VersionSummary
    package var annotate: @Sendable (PipelineName, String, AnnotateRequest) throws -> VersionSummary
    package var alias: @Sendable (PipelineName, AliasRequest, _ who: String) throws -> [VersionSummary]
    package var compare: @Sendable (PipelineName, String, String) throws -> VersionComparison
    package var garbage: @Sendable (_ remove: Bool) throws -> GarbagePlan

    package init(
        all: @escaping @Sendable (PipelineName) throws -> [VersionSummary],
        one: @escaping @Sendable (PipelineName, String) throws -> VersionSummary,
        annotate: @escaping @Sendable (PipelineName, String, AnnotateRequest) throws -> VersionSummary,
        alias: @escaping @Sendable (PipelineName, AliasRequest, String) throws -> [VersionSummary],
        compare: @escaping @Sendable (PipelineName, String, String) throws -> VersionComparison,
        garbage: @escaping @Sendable (Bool) throws -> GarbagePlan
    ) {
        self.all = all
        self.one = one
        self.annotate = annotate
        self.alias = alias
        self.compare = compare
        self.garbage = garbage
    }

    /// Adds the routes of ControlRoutes+Versions.swift.
    func add(to router: Router<ControlContext>) {
        router.get("/v1/pipelines/:name/versions") { _, context in try JSON.answer(all(pipeline(context))) }
        router.get("/v1/pipelines/:name/versions/:id") { _, context in
            try JSON.answer(one(pipeline(context), context.parameters.require("id")))
        }
        router.post("/v1/pipelines/:name/versions/:id") { request, context in
            try JSON.answer(
                annotate(
                    pipeline(context), context.parameters.require("id"), await JSON.body(AnnotateRequest.self, request))
            )
        }
        router.post("/v1/pipelines/:name/aliases") { request, context in
            try JSON.answer(alias(pipeline(context), await JSON.body(AliasRequest.self, request), await context.who()))
        }
        router.get("/v1/compare") { request, _ in
            let query = request.uri.queryParameters
            return try JSON.answer(
                compare(PipelineName(query.get("pipeline") ?? ""), query.get("a") ?? "", query.get("b") ?? ""))
        }
        router.get("/v1/garbage") { _, _ in try JSON.answer(garbage(false)) }
        router.post("/v1/garbage") { _, _ in try JSON.answer(garbage(true)) }
    }

    private func pipeline(_ context: ControlContext) throws -> PipelineName {
        PipelineName(try context.parameters.require("name"))
    }
}
