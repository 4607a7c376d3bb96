import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct VersionList: Question {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Every version of a pipeline, newest first.")
    @OptionGroup var connection: Connection
    @Argument(help: "The pipeline.") var pipeline: PipelineName

    func ask(_ client: ControlClient) async throws -> [VersionSummary] {
        try await client.send(.versions.list(pipeline))
    }

    func document(_ versions: [VersionSummary]) -> Document { .list(versions, none: "There are no versions yet.") }
}
