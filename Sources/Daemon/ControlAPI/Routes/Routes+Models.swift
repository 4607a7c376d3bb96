import ControlProtocol
import WireAPI

extension Routes {
    mutating func addModels(_ models: WireModels) {
        on(.models.list) { try models.list(for: $0.principal) }
        on(.models.show) { try models.show($0.subject, for: $0.principal) }
        on(.models.remove) { try models.remove($0.subject, who: $0.principal) }
    }
}
