import ControlProtocol
import Experiments
import Foundation
import Ledger
import Nouns
import Registry
import StageKit

/// What people ask about base models and of them, and the uploads that bring them.
package struct BaseOperations: Sendable {
    let context: StageContext
    let registry: BaseRegistry
    let recommender: BaseRecommender
    let desk: ServiceDesk

    package func list() throws -> [BaseCard] { try context.ledger.bases() }

    /// Throws a Failure (`base.unknown`) that names the bases there are.
    package func show(_ id: BaseID) throws -> BaseCard { try context.requireBase(id) }

    package func add(_ request: AddBaseRequest, who: Principal) async throws -> BaseCard {
        try await desk.serve { try await registry.add(request, who: who) }
    }

    package func remove(_ id: BaseID) throws -> RemovedAnswer {
        try registry.remove(id)
        return RemovedAnswer()
    }

    /// Ranks the bases for a pipeline's rows, the best first.
    package func recommend(_ name: PipelineName, _ request: RecommendRequest) async throws -> [BaseRecommendation] {
        try await desk.serve { try await recommender.recommend(name, rows: request.rows) }
    }

    /// Ranks the bases for the rows of an uploaded file, the best first; the upload goes away with the answer.
    package func recommend(_ request: RecommendDataRequest, who: Principal) async throws -> [BaseRecommendation] {
        let path = try uploads.place(request.upload, file: request.file, who: who).path
        let gate = try UploadGate((path as NSString).deletingLastPathComponent, for: .inspecting)
        defer { withExtendedLifetime(gate) { try? uploads.close(request.upload) } }
        return try await desk.serve { try await recommender.recommend(file: path, rows: request.rows) }
    }

    package func openUpload(_ query: UploadQuery, who: Principal) throws -> UploadAnswer {
        try uploads.open(query.purpose, who: who)
    }

    var uploads: Uploads { Uploads(context) }
}
