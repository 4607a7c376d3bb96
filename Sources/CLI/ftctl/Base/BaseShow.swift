import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct BaseShow: Question {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "One base's card.")
    @OptionGroup var connection: Connection
    @Argument(help: "The base.") var base: BaseID

    func ask(_ client: ControlClient) async throws -> BaseCard {
        try await client.send(.bases.show(base))
    }

    func document(_ card: BaseCard) -> Document { card.document }
}
