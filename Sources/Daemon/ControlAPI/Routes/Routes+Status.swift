import ControlProtocol
import Operations

extension Routes {
    mutating func addStatus(_ status: StatusOperations) {
        on(.status.show) { _ in try status.show() }
        on(.status.verify) { _ in try await status.verify() }
    }
}
