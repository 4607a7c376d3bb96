import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct RunExplain: Question {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Every gate of a run in words: what was asked, what was found, by which test, and what to try.",
        discussion: """
            The last lines say what to try, the likeliest cause first; docs/not-promoted.md has a case of each.

            Example: ftctl run explain r-000003
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "The run.", completion: .runs) var run: RunID

    func ask(_ client: ControlClient) async throws -> Run { try await client.send(.runs.show(run)) }

    func document(_ run: Run) -> Document { RunDocument.judgement(run) }
}
