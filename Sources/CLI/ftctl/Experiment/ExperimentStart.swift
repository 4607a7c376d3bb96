import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct ExperimentStart: Question {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Begin an experiment as the pipeline's [experiment] says.",
        discussion: """
            Example: ftctl experiment start tickets --trials 8 --watch
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "The pipeline.", completion: .pipelines) var pipeline: PipelineName
    @Option(help: "halving, random or grid.") var strategy: ExperimentSettings.Strategy?
    @Option(help: ArgumentHelp("Most trials.", valueName: "count")) var trials: Int?
    @Option(help: ArgumentHelp("Most minutes of training (0: no limit).", valueName: "count")) var minutes: Double?
    @Option(help: ArgumentHelp("Most tokens of training (0: no limit).", valueName: "count")) var tokens: Int?
    @Flag(help: "Follow it to its end.") var watch = false

    func run() async throws {
        try await connection.use { client in
            let experiment = try await ask(client)
            if watch { return try await ExperimentFollower(connection, client).follow(experiment.id) }
            try connection.show(experiment) { document(experiment) }
        }
    }

    func ask(_ client: ControlClient) async throws -> Experiment {
        try await client.send(
            .experiments.start(
                pipeline, StartExperiment(strategy: strategy, trials: trials, minutes: minutes, tokens: tokens)))
    }

    func document(_ experiment: Experiment) -> Document {
        .sentence("Began \(experiment.id). Follow it with: ftctl experiment watch \(experiment.id)")
    }
}

extension ExperimentSettings.Strategy: ExpressibleByArgument {}
