import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct RunShow: Question {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Everything about one run.",
        discussion: """
            The verdict itself is in `ftctl report RUN`.

            Example: ftctl run show r-000003
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "The run.", completion: .runs) var run: RunID

    func ask(_ client: ControlClient) async throws -> Run { try await client.send(.runs.show(run)) }

    func document(_ run: Run) -> Document {
        Document(
            title: "Run \(run.id) of \(run.pipeline)", badge: .init(run.state.rawValue),
            [.facts(RunDocument.facts(run))]
                + (run.range.map { RangeTestDocument.blocks($0, notes: run.notes) } ?? []))
    }
}
