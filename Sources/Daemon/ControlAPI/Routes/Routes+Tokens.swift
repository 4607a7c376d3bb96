import ControlProtocol
import Operations

extension Routes {
    mutating func addTokens(_ tokens: TokenOperations) {
        on(.tokens.add) { try tokens.add($0.body, who: $0.who) }
        on(.tokens.list) { _ in try tokens.list() }
        on(.tokens.remove) { try tokens.remove($0.subject, who: $0.who) }
    }
}
