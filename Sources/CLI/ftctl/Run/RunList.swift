import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct RunList: Question {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "The runs, newest first.",
        discussion: """
            States are, in the order of a run's life: queued, training, trained, evaluating, evaluated, then accepted, \
            promoted, delivered, or rejected, inconclusive, failed, cancelled.

            Example: ftctl run list --pipeline tickets --state rejected
            """)
    @OptionGroup var connection: Connection
    @OptionGroup var listing: Listing
    @Option(help: "Only of this pipeline.", completion: .pipelines) var pipeline: PipelineName?
    @Option(help: "Only in this state.") var state: RunState?
    @Option(parsing: .unconditional, help: ArgumentHelp("At most so many.", valueName: "count")) var limit = RowLimit(
        20)

    func ask(_ client: ControlClient) async throws -> [Run] {
        try await client.send(.runs.list(RunQuery(pipeline: pipeline, state: state, limit: limit.count)))
    }

    func validate() throws { try listing.check(Run.self) }

    func document(_ runs: [Run]) -> Document {
        .list(runs, none: "There are no such runs.", listing.view)
    }
}

extension RunState: ExpressibleByArgument {}
