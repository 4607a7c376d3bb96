import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct TokenRemove: Question {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Forget a token; what belongs to it is the admins'.",
        discussion: """
            Whoever has it is refused from the next request on.

            Example: ftctl token remove dashboard
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "The token's name.", completion: .tokens) var token: TokenName

    func ask(_ client: ControlClient) async throws -> RemovedAnswer { try await client.send(.tokens.remove(token)) }

    func document(_ answer: RemovedAnswer) -> Document { .sentence("Removed the token \(token).") }
}
