import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct TokenAdd: Question {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Make a token; it is shown this once.",
        discussion: """
            Whoever has it may ask over TCP what it allows, until it is removed; only its hash is kept.

            Example: ftctl token add dashboard --read
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "What to call it.") var name: String
    @Flag(help: "It may see.") var read = false
    @Flag(help: "It may also upload, train and ask.") var use = false
    @Flag(help: "It may do everything.") var admin = false

    func validate() throws {
        guard [read, use, admin].count(where: { $0 }) == 1 else {
            throw ValidationError("Say what the token may do: --read, --use or --admin.")
        }
    }

    func ask(_ client: ControlClient) async throws -> NewTokenAnswer {
        let role: TokenRole = admin ? .admin : use ? .user : .reader
        return try await client.send(.tokens.add(AddTokenRequest(name: name, role: role)))
    }

    func document(_ answer: NewTokenAnswer) -> Document {
        .sentence("\(answer.token)\nThis is the token \(answer.summary.name). It is not shown again.")
    }
}
