import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct RunPause: Question {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Have a run wait: its worker writes a checkpoint and leaves.",
        discussion: """
            Another run may start meanwhile; its pipeline queues no other. It waits, also over restarts, until it is \
            resumed.

            Example: ftctl run pause r-000004
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "The run.", completion: .runs) var run: RunID

    func ask(_ client: ControlClient) async throws -> Run {
        try await client.send(.runs.pause(run))
    }

    func document(_ run: Run) -> Document { .sentence("\(run.id) is \(run.stateInWords).") }
}
