import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct VersionAlias: Question {
    static let configuration = CommandConfiguration(
        commandName: "alias", abstract: "Give a version a name of your own; without a version, take the name away.",
        discussion: """
            A version with a name keeps its files.

            Example: ftctl version alias tickets holiday current
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "The pipeline.", completion: .pipelines) var pipeline: PipelineName
    @Argument(help: "The name.") var name: String
    @Argument(help: "The version (or another alias) that gets it.", completion: .versions) var version: String?

    func ask(_ client: ControlClient) async throws -> [VersionSummary] {
        try await client.send(.versions.alias(pipeline, AliasRequest(name: name, version: version)))
    }

    func document(_ versions: [VersionSummary]) -> Document { .list(versions, none: "There are no versions yet.") }
}
