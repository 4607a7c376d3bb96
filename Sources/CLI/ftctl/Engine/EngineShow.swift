import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct EngineShow: Question {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "One engine, and what it says of itself.",
        discussion: """
            Exit status 1 where something keeps it from working.

            Example: ftctl engine show gpu
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "The engine; builtin is the daemon's own worker.", completion: .engines) var engine: EngineName

    func ask(_ client: ControlClient) async throws -> EngineSummary {
        try await client.send(.engines.show(engine))
    }

    func document(_ engine: EngineSummary) -> Document { engine.document }

    func status(_ engine: EngineSummary) -> Int32 { engine.problem == nil ? 0 : 1 }
}
