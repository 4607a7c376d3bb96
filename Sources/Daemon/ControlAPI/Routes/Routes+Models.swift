import ControlProtocol
import WireAPI

extension Routes {
    mutating func addModels(_ models: WireModels) {
        on(.models.list) { _ in try models.list() }
        on(.models.show) { try models.show($0.subject) }
        on(.models.remove) { try models.remove($0.subject, who: $0.principal) }
    }
}
