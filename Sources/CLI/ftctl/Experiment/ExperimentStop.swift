import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct ExperimentStop: Question {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "No further trials; what runs stops at its next step.",
        discussion: """
            What was tried stays in its report.

            Example: ftctl experiment stop x-000001
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "The experiment.", completion: .experiments) var experiment: ExperimentID

    func ask(_ client: ControlClient) async throws -> Experiment {
        try await client.send(.experiments.stop(experiment))
    }

    func document(_ experiment: Experiment) -> Document {
        .sentence(
            "\(experiment.id) is \(experiment.state.rawValue)\(experiment.conclusion.map { ": \($0)" } ?? ".")")
    }
}
