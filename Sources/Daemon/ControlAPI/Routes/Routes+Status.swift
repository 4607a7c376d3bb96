import ControlProtocol
import Operations

extension Routes {
    mutating func addStatus(_ status: StatusOperations, _ metrics: MetricsOperations) {
        on(.status.show) { try status.show(for: $0.principal) }
        on(.status.verify) { try await status.verify(for: $0.principal) }
        on(.status.ready) { _ in try status.ready() }
        on(.status.metrics) { _ in MetricsText(try metrics.text()) }
        addPresence()
    }

    /// What is answered also by a daemon that cannot begin yet.
    mutating func addPresence() {
        on(.status.live) { _ in LiveAnswer() }
        on(.status.openAPI) { _ in try OpenAPIDocument() }
    }
}
