import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct DropList: Question {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "The dropped files and what became of them, newest first.")
    @OptionGroup var connection: Connection
    @Option(help: "Only of this pipeline.") var pipeline: PipelineName?
    @Option(help: "At most so many.") var limit = 50

    func ask(_ client: ControlClient) async throws -> [Drop] {
        try await client.send(.drops.list(DropQuery(pipeline: pipeline, limit: limit)))
    }

    func document(_ drops: [Drop]) -> Document { .list(drops, none: "Nothing was dropped yet.") }
}
