import ControlProtocol
import Operations

extension Routes {
    mutating func addDrops(_ drops: DropOperations) {
        on(.drops.list) { try drops.list($0.query, for: $0.principal) }
        on(.drops.report) { try drops.report($0.subject) }
        on(.drops.add) { try drops.add($0.subject, $0.body, who: $0.principal) }
        on(.drops.revoke) { try drops.revoke($0.subject, $0.body, who: $0.principal) }
    }
}
