import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct FeedbackList: Question {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "The ratings of a pipeline's answers that you asked for, newest first.",
        discussion: """
            Corrections become rows of the pipeline, as its settings say.

            Example: ftctl feedback list tickets
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "The pipeline.", completion: .pipelines) var pipeline: PipelineName
    @Option(parsing: .unconditional, help: ArgumentHelp("At most so many.", valueName: "count")) var limit = 20

    func ask(_ client: ControlClient) async throws -> [FeedbackEntry] {
        try await client.send(.feedback.list(pipeline, FeedbackQuery(limit: limit)))
    }

    func document(_ entries: [FeedbackEntry]) -> Document { .list(entries, none: "Nobody has rated an answer.") }
}
