import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct BaseShow: Question {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "One base's card.",
        discussion: """
            The memory is that of the weights and of training with the present worker.memory.

            Example: ftctl base show smollm2-135m-instruct
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "The base.", completion: .bases) var base: BaseID

    func ask(_ client: ControlClient) async throws -> BaseCard {
        try await client.send(.bases.show(base))
    }

    func document(_ card: BaseCard) -> Document { card.document }
}
