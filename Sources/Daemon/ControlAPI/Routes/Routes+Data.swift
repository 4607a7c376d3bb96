import ControlProtocol
import Operations
import StageKit

extension Routes {
    mutating func addData(_ operations: Operations) {
        let data = operations.data
        on(.data.list) { try data.list($0.subject) }
        on(.data.report) { try data.report($0.subject, drop: $0.query.drop) }
        on(.data.removed) { try data.removed($0.subject, drop: $0.query.drop, limit: $0.query.limit) }
        on(.data.show) { try data.show($0.query.id) }
        on(.data.difference) { try data.difference($0.query.a, $0.query.b) }
        on(.data.export) { RowLines(RowExport.lines(try data.files($0.query.id, split: $0.query.split))) }
        on(.data.lineage) { try data.lineage($0.query.id) }
    }
}
