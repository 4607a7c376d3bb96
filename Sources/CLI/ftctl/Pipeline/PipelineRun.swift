import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct PipelineRun: Question {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Queue a run of a pipeline now.",
        discussion: """
            The run waits for nothing but a free compute slot. Rows that the served model knows already are learnt \
            again, from the base.

            Example: ftctl pipeline run tickets --mode from-base
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "The pipeline.", completion: .pipelines) var pipeline: PipelineName
    @Option(help: "continue, stack or from-base; the pipeline's own otherwise.") var mode: Run.Mode?
    @Option(help: "The engine that trains it; the pipeline's own otherwise.") var engine: EngineName?
    @Option(help: ArgumentHelp("Why.", valueName: "text")) var reason: String?

    func ask(_ client: ControlClient) async throws -> Run {
        try await client.send(.pipelines.run(pipeline, RunRequest(mode: mode, reason: reason, engine: engine)))
    }

    func document(_ run: Run) -> Document {
        .sentence("Queued \(run.id). Follow it with: ftctl watch \(run.id)")
    }
}

extension Run.Mode: ExpressibleByArgument {}
