import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct ExperimentList: Question {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "The experiments, newest first.")
    @OptionGroup var connection: Connection
    @Option(help: "Only of this pipeline.") var pipeline: PipelineName?
    @Option(help: "At most so many.") var limit = 20

    func ask(_ client: ControlClient) async throws -> [Experiment] {
        try await client.send(.experiments.list(ExperimentQuery(pipeline: pipeline, limit: limit)))
    }

    func document(_ list: [Experiment]) -> Document { .list(list, none: "There are no experiments yet.") }
}
