import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct BaseRemove: Question {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove a base that nothing uses.")
    @OptionGroup var connection: Connection
    @Argument(help: "The base.") var base: BaseID

    func ask(_ client: ControlClient) async throws -> RemovedAnswer {
        try await client.send(.bases.remove(base))
    }

    func document(_ answer: RemovedAnswer) -> Document { .sentence("Removed \(base).") }
}
