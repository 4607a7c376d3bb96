import ArgumentParser
import ControlClient
import ControlProtocol
import Reports

struct PipelineList: Question {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "The pipelines, what they serve, and what they wait for.")
    @OptionGroup var connection: Connection

    func ask(_ client: ControlClient) async throws -> [PipelineSummary] {
        try await client.send(.pipelines.list())
    }

    func document(_ pipelines: [PipelineSummary]) -> Document {
        .list(pipelines, none: "There are no pipelines: write etc/finetuned/pipelines/NAME.toml.")
    }
}
