import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct RunCancel: Question {
    static let configuration = CommandConfiguration(commandName: "cancel", abstract: "Stop a run for good.")
    @OptionGroup var connection: Connection
    @Argument(help: "The run.") var run: RunID

    func ask(_ client: ControlClient) async throws -> Run {
        try await client.send(.runs.cancel(run))
    }

    func document(_ run: Run) -> Document { .sentence("\(run.id) is \(run.state.rawValue).") }
}
