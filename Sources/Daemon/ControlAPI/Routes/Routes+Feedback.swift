import ControlProtocol
import Operations

extension Routes {
    mutating func addFeedback(_ operations: Operations) {
        let (stored, feedback) = (operations.stored, operations.feedback)
        on(.stored.list) { try stored.list($0.query, who: $0.principal) }
        on(.stored.show) { try stored.show($0.subject, who: $0.principal) }
        on(.stored.update) { try stored.update($0.subject, $0.body, who: $0.principal) }
        on(.stored.remove) { try stored.remove($0.subject, who: $0.principal) }
        on(.stored.messages) { try stored.messages($0.subject, $0.query, who: $0.principal) }
        on(.feedback.rate) { try feedback.rate($0.body, who: $0.principal) }
        on(.feedback.list) { try feedback.list($0.subject, $0.query, who: $0.principal) }
    }
}
