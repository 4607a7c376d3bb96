import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct VersionShow: Question {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "One version: lineage, figures, exports, notes.",
        discussion: """
            A version goes by its identifier, by `current`, `previous`, or by a name that you gave it.

            Example: ftctl version show tickets current
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "The pipeline.", completion: .pipelines) var pipeline: PipelineName
    @Argument(help: "A version, or an alias such as current or previous.", completion: .versions)
    var version = "current"

    func ask(_ client: ControlClient) async throws -> VersionSummary {
        try await client.send(.versions.show(VersionPlace(pipeline, version)))
    }

    func document(_ version: VersionSummary) -> Document { version.document }
}
