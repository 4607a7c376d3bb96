import ControlProtocol
import Operations

extension Routes {
    mutating func addEngines(_ engines: EngineOperations) {
        on(.engines.list) { _ in await engines.list() }
        on(.engines.show) { try await engines.show($0.subject) }
        on(.engines.check) { try await engines.check($0.subject) }
    }
}
