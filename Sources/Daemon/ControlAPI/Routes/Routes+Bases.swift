import ControlProtocol
import Operations

extension Routes {
    mutating func addBases(_ bases: BaseOperations) {
        on(.bases.list) { _ in try bases.list() }
        on(.bases.add) { try await bases.add($0.body, who: $0.principal) }
        on(.bases.show) { try bases.show($0.subject) }
        on(.bases.remove) { try bases.remove($0.subject) }
        on(.bases.recommend) { try await bases.recommend($0.subject, $0.body) }
        on(.bases.recommendData) { try await bases.recommend($0.body, who: $0.principal) }
        on(.uploads.open) { try bases.openUpload($0.query, who: $0.principal) }
        on(.bases.look) { try await bases.look($0.body, who: $0.principal) }
        on(.uploads.resume) { try bases.resumeUpload($0.body, who: $0.principal) }
        on(.uploads.room) { try bases.room($0.query.id) }
        on(.uploads.size) { try bases.size($0.subject, who: $0.principal) }
        on(.uploads.put) { try await bases.put($0.subject, $0.body, $0.query, who: $0.principal) }
    }
}
