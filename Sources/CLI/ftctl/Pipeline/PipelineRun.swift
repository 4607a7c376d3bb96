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
            again, from the base. With --watch the run is followed, and the exit status is that of `run watch`.

            Example: ftctl pipeline run tickets --mode from-base --watch
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "The pipeline.", completion: .pipelines) var pipeline: PipelineName
    @Option(help: "continue, stack or from-base; the pipeline's own otherwise.") var mode: Run.Mode?
    @Option(help: "The engine that trains it; the pipeline's own otherwise.") var engine: EngineName?
    @Option(help: ArgumentHelp("Why.", valueName: "text")) var reason: String?
    @Flag(help: "Follow the run to its end.") var watch = false

    func run() async throws {
        try await connection.use(waits: watch) { client in
            let run = try await ask(client)
            guard watch else { return try connection.show(run) { document(run) } }
            try await RunFollower(client: client, output: connection.json ? .json : .text).leave(connection) { run.id }
        }
    }

    func ask(_ client: ControlClient) async throws -> Run {
        try await client.send(.pipelines.run(pipeline, RunRequest(mode: mode, reason: reason, engine: engine)))
    }

    func document(_ run: Run) -> Document {
        .sentence("Queued \(run.id). Follow it with: ftctl watch \(run.id)")
    }
}

extension Run.Mode: ExpressibleByArgument {}
