import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct EngineList: Question {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "The engines that can train, and what is at work on them.",
        discussion: "Example: ftctl engine list")
    @OptionGroup var connection: Connection

    func ask(_ client: ControlClient) async throws -> [EngineSummary] { try await client.send(.engines.list()) }

    func document(_ engines: [EngineSummary]) -> Document {
        .list(engines, none: "There is no engine.")
    }
}
