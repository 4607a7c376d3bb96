import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct BaseList: Question {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "The registered bases.",
        discussion: """
            A pipeline names one of them as its base, or "auto" to have them compete.

            Example: ftctl base list --sort parameters
            """)
    @OptionGroup var connection: Connection
    @OptionGroup var listing: Listing

    func ask(_ client: ControlClient) async throws -> [BaseCard] {
        try await client.send(.bases.list())
    }

    func validate() throws { try listing.check(BaseCard.self) }

    func document(_ cards: [BaseCard]) -> Document {
        .list(cards, none: "No base is registered: register one with `ftctl base add`.", listing.view)
    }
}
