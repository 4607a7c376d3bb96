import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct RunResume: Question {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Have a paused run go on from its checkpoint.",
        discussion: """
            It ends with the bytes that it would have had without the pause.

            Example: ftctl run resume r-000004
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "The run.", completion: .runs) var run: RunID

    func ask(_ client: ControlClient) async throws -> Run {
        try await client.send(.runs.resume(run))
    }

    func document(_ run: Run) -> Document { .sentence("\(run.id) is \(run.stateInWords).") }
}
