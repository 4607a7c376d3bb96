import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct RunList: Question {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "The runs, newest first.")
    @OptionGroup var connection: Connection
    @Option(help: "Only of this pipeline.") var pipeline: PipelineName?
    @Option(help: "Only in this state.") var state: RunState?
    @Option(help: "At most so many.") var limit = 20

    func ask(_ client: ControlClient) async throws -> [Run] {
        try await client.send(.runs.list(RunQuery(pipeline: pipeline, state: state, limit: limit)))
    }

    func document(_ runs: [Run]) -> Document { .list(runs, none: "There are no such runs.") }
}

extension RunState: ExpressibleByArgument {}
