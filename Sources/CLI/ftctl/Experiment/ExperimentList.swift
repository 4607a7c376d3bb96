import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct ExperimentList: Question {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "The experiments, newest first.",
        discussion: """
            A running one gives way to runs with new data.

            Example: ftctl experiment list --pipeline tickets
            """)
    @OptionGroup var connection: Connection
    @OptionGroup var listing: Listing
    @Option(help: "Only of this pipeline.", completion: .pipelines) var pipeline: PipelineName?
    @Option(parsing: .unconditional, help: ArgumentHelp("At most so many.", valueName: "count")) var limit = RowLimit(
        20)

    func ask(_ client: ControlClient) async throws -> [Experiment] {
        try await client.send(.experiments.list(ExperimentQuery(pipeline: pipeline, limit: limit.count)))
    }

    func validate() throws { try listing.check(Experiment.self) }

    func document(_ list: [Experiment]) -> Document {
        .list(list, none: "There are no experiments yet.", listing.view)
    }
}
