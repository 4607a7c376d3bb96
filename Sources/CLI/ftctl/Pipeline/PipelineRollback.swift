import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct PipelineRollback: Question {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Serve an earlier version again.",
        discussion: """
            The link `current` is exchanged at once, and the history says by whom and why. A second time it goes one \
            version further back. The next run competes with what is then served.

            Example: ftctl pipeline rollback tickets --reason "wrong labels on Monday"
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "The pipeline.", completion: .pipelines) var pipeline: PipelineName
    @Option(help: ArgumentHelp("The version; the one before otherwise.", valueName: "version"), completion: .versions)
    var to: VersionID?
    @Option(help: ArgumentHelp("Why; on the record for ever.", valueName: "text")) var reason = "rolled back by hand"

    func ask(_ client: ControlClient) async throws -> PromotionRecord {
        try await client.send(.pipelines.rollback(pipeline, RollbackRequest(version: to, reason: reason)))
    }

    func document(_ record: PromotionRecord) -> Document {
        .sentence("\(record.pipeline) serves \(record.version?.rawValue ?? "the base") again.")
    }
}
