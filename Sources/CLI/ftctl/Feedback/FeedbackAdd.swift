import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct FeedbackAdd: Question {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Say whether a kept answer was good, or what it should have been.",
        discussion: """
            `ftctl feedback ID --good` is the same.

            Example: ftctl feedback add chatcmpl-0a1b2c3d --good
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "The completion, such as chatcmpl-….") var completion: String
    @Flag(help: "It was good.") var good = false
    @Flag(help: "It was bad.") var bad = false
    @Option(help: ArgumentHelp("It was bad, and should have been this.", valueName: "text")) var correct: String?
    @Option(help: ArgumentHelp("Who says so, where that is not you.", valueName: "name")) var by: String?
    @Option(help: ArgumentHelp("Why.", valueName: "text")) var note: String?

    func validate() throws {
        guard [good, bad, correct != nil].count(where: { $0 }) == 1 else {
            throw ValidationError("Give one of --good, --bad and --correct TEXT.")
        }
    }

    func ask(_ client: ControlClient) async throws -> FeedbackEntry {
        try await client.send(
            .feedback.rate(
                FeedbackRequest(
                    completion: completion, rating: good ? .good : .bad, correction: correct, by: by, note: note)))
    }

    func document(_ entry: FeedbackEntry) -> Document {
        let what =
            entry.correction == nil ? "is rated \(entry.rating.rawValue)" : "is corrected; that becomes a row"
        return .sentence("The answer \(entry.completion) of \(entry.pipeline) \(what) (by \(entry.by)).")
    }
}
