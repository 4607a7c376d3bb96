import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct PipelineShow: Question {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "One pipeline.")
    @OptionGroup var connection: Connection
    @Argument(help: "The pipeline.") var pipeline: PipelineName

    func ask(_ client: ControlClient) async throws -> PipelineSummary {
        try await client.send(.pipelines.show(pipeline))
    }

    func document(_ pipeline: PipelineSummary) -> Document {
        let rows = Split.allCases.map { "\(pipeline.rows[$0] ?? 0) \($0.rawValue)" }.joined(separator: ", ")
        return Document(
            title: "Pipeline \(pipeline.name)",
            [
                .facts(
                    Fact.known([
                        ("now", pipeline.activity), ("base", pipeline.base.rawValue),
                        ("served", pipeline.served?.rawValue ?? "the base"),
                        ("since", pipeline.servedSince.map(Quantity.time)),
                        ("last run", pipeline.lastRun.map { "\($0) \(pipeline.lastRunState?.rawValue ?? "")" }),
                        ("drop folder", pipeline.dropFolder), ("drops", "\(pipeline.drops) stored"), ("rows", rows),
                    ])),
                .findings(pipeline.problems.map { Finding(.warning, $0.description) }),
            ])
    }
}
