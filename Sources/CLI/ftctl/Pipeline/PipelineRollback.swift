import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct PipelineRollback: Question {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Serve an earlier version again.")
    @OptionGroup var connection: Connection
    @Argument(help: "The pipeline.") var pipeline: PipelineName
    @Option(help: "The version; the one before otherwise.") var to: VersionID?
    @Option(help: "Why; on the record for ever.") var reason = "rolled back by hand"

    func ask(_ client: ControlClient) async throws -> PromotionRecord {
        try await client.send(.pipelines.rollback(pipeline, RollbackRequest(version: to, reason: reason)))
    }

    func document(_ record: PromotionRecord) -> Document {
        .sentence("\(record.pipeline) serves \(record.version?.rawValue ?? "the base") again.")
    }
}
