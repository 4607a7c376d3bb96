import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct VersionList: Question {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Every version of a pipeline, newest first.",
        discussion: """
            What nothing needs loses its files by [retention]; its record stays.

            Example: ftctl version list tickets --sort made
            """)
    @OptionGroup var connection: Connection
    @OptionGroup var listing: Listing
    @Argument(help: "The pipeline.", completion: .pipelines) var pipeline: PipelineName

    func ask(_ client: ControlClient) async throws -> [VersionSummary] {
        try await client.send(.versions.list(pipeline))
    }

    func validate() throws { try listing.check(VersionSummary.self) }

    func document(_ versions: [VersionSummary]) -> Document {
        .list(versions, none: "There are no versions yet.", listing.view)
    }
}
