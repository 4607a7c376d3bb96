import ControlProtocol
import WireAPI

extension Routes {
    mutating func addAnswers(_ wire: WireOperations) {
        on(.chat.create) { try await wire.chat.create($0.body, who: $0.principal) }
        on(.completions.create) { try await wire.completions.create($0.body, who: $0.principal) }
        on(.responses.create) { try await wire.responses.create($0.body, who: $0.principal) }
        on(.graders.validate) { try wire.graders.validate($0.body) }
        on(.graders.run) { try wire.graders.run($0.body) }
        on(.decisions.create) { try await wire.decisions.create($0.body, who: $0.principal) }
    }
}
