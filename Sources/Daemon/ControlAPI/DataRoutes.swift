import ControlProtocol
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Nouns

/// What the control API can ask about data; joined to the stages by the composition root.
package struct DataOperations: Sendable {
    package var list: @Sendable (PipelineName) throws -> DataListing
    package var report: @Sendable (PipelineName, DropID?) throws -> DataReport
    package var removed: @Sendable (PipelineName, DropID?, _ limit: Int) throws -> [SetAsideRow]
    package var show: @Sendable (String) throws -> DataSubject
    package var difference: @Sendable (String, String) throws -> SnapshotDifference
    package var lineage: @Sendable (String) throws -> DataLineage
    /// Row files, in order, and how their rows are read: pieces of JSON lines, until nil.
    package var export: @Sendable (String, Split?) throws -> AsyncThrowingStream<Data, any Error>
    package var revoke: @Sendable (DropID, RevokeRequest, _ who: String) throws -> RevokeAnswer

    package init(
        list: @escaping @Sendable (PipelineName) throws -> DataListing,
        report: @escaping @Sendable (PipelineName, DropID?) throws -> DataReport,
        removed: @escaping @Sendable (PipelineName, DropID?, Int) throws -> [SetAsideRow],
        show: @escaping @Sendable (String) throws -> DataSubject,
        difference: @escaping @Sendable (String, String) throws -> SnapshotDifference,
        lineage: @escaping @Sendable (String) throws -> DataLineage,
        export: @escaping @Sendable (String, Split?) throws -> AsyncThrowingStream<Data, any Error>,
        revoke: @escaping @Sendable (DropID, RevokeRequest, String) throws -> RevokeAnswer
    ) {
        self.list = list
        self.report = report
        self.removed = removed
        self.show = show
        self.difference = difference
        self.lineage = lineage
        self.export = export
        self.revoke = revoke
    }

    /// Adds the routes of ControlRoutes+Data.swift.
    func add(to router: Router<ControlContext>) {
        router.get("/v1/pipelines/:name/data") { _, context in try JSON.answer(list(pipeline(context))) }
        router.get("/v1/pipelines/:name/data/report") { request, context in
            let query = request.uri.queryParameters
            let drop = query.get("drop").map { DropID($0) }
            guard query.get("removed") != nil else { return try JSON.answer(report(pipeline(context), drop)) }
            let limit = query.get("limit").flatMap { Int($0) } ?? 1000
            return try JSON.answer(removed(pipeline(context), drop, max(1, min(1_000_000, limit))))
        }
        router.get("/v1/data/show") { request, _ in try JSON.answer(show(required("id", request))) }
        router.get("/v1/data/diff") { request, _ in
            try JSON.answer(difference(required("a", request), required("b", request)))
        }
        router.get("/v1/data/lineage") { request, _ in try JSON.answer(lineage(required("id", request))) }
        router.get("/v1/data/export") { request, _ in
            let text = request.uri.queryParameters.get("split")
            let split = text.flatMap(Split.init(rawValue:))
            guard text == nil || split != nil else {
                throw Failure(
                    code: "request.split", "'\(text ?? "")' is not a side.", at: "split",
                    remedy: "Use train, validation or gate.")
            }
            let pieces = try export(required("id", request), split)
            var headers = HTTPFields()
            headers[.contentType] = "application/x-ndjson"
            return Response(
                status: .ok, headers: headers,
                body: .init { writer in
                    for try await piece in pieces { try await writer.write(ByteBuffer(bytes: piece)) }
                    try await writer.finish(nil)
                })
        }
        router.post("/v1/drops/:id/revoke") { request, context in
            try JSON.answer(
                revoke(
                    DropID(context.parameters.require("id")), await JSON.body(RevokeRequest.self, request),
                    await context.who()))
        }
    }

    private func pipeline(_ context: ControlContext) throws -> PipelineName {
        PipelineName(try context.parameters.require("name"))
    }

    private func required(_ name: String, _ request: Request) throws -> String {
        guard let value = request.uri.queryParameters.get(name), !value.isEmpty else {
            throw Failure(
                code: "request.parameter", "The parameter '\(name)' is missing.", at: name, remedy: "Give \(name)=….")
        }
        return value
    }
}
