import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct BaseList: Question {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "The registered bases.")
    @OptionGroup var connection: Connection

    func ask(_ client: ControlClient) async throws -> [BaseCard] {
        try await client.send(.bases.list())
    }

    func document(_ cards: [BaseCard]) -> Document {
        .list(cards, none: "No base is registered: register one with `ftctl base add`.")
    }
}
