import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct BaseRemove: Question {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove a base that nothing uses.",
        discussion: """
            Its file is removed. A base that a pipeline, a run or a version needs is kept, with the reason.

            Example: ftctl base remove smollm2-135m-instruct
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "The base.", completion: .bases) var base: BaseID

    func ask(_ client: ControlClient) async throws -> RemovedAnswer {
        try await client.send(.bases.remove(base))
    }

    func document(_ answer: RemovedAnswer) -> Document { .sentence("Removed \(base).") }
}
