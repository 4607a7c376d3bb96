import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct TokenList: Question {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "The tokens there are.",
        discussion: """
            The tokens themselves are shown once, when they are made.

            Example: ftctl token list
            """)
    @OptionGroup var connection: Connection

    func ask(_ client: ControlClient) async throws -> [TokenSummary] { try await client.send(.tokens.list()) }

    func document(_ tokens: [TokenSummary]) -> Document {
        .list(tokens, none: "There is no token: make one with `ftctl token add`.")
    }
}
