import ControlProtocol
import Operations

extension Routes {
    mutating func addData(_ operations: Operations) {
        let data = operations.data
        on(.data.list) { try data.list($0.subject, for: $0.principal) }
        on(.data.report) { try data.report($0.subject, drop: $0.query.drop) }
        on(.data.removed) {
            try data.removed($0.subject, drop: $0.query.drop, limit: $0.query.limit, for: $0.principal)
        }
        on(.data.show) { try data.show($0.query.id, for: $0.principal) }
        on(.data.difference) { try data.difference($0.query.a, $0.query.b) }
        on(.data.export) { try data.export($0.query.id, split: $0.query.split, for: $0.principal) }
        on(.data.lineage) { try data.lineage($0.query.id, for: $0.principal) }
    }
}
