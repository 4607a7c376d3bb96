import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct RunPromote: Question {
    static let configuration = CommandConfiguration(
        commandName: "promote", abstract: "Serve the model of a judged run.",
        discussion: """
            The link `current` is exchanged at once, exports, hooks and webhooks follow, and the history keeps the \
            reason.

            Example: ftctl run promote r-000003 --reason "looked at by hand"
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "The run.", completion: .runs) var run: RunID
    @Option(help: ArgumentHelp("Why; on the record for ever.", valueName: "text")) var reason: String?
    @Flag(help: "Override a verdict that is not 'pass'; needs --reason.") var force = false

    func validate() throws {
        guard !force || reason?.isEmpty == false else { throw ValidationError("--force needs --reason.") }
    }

    func ask(_ client: ControlClient) async throws -> PromotionRecord {
        try await client.send(
            .runs.promote(run, PromoteRequest(reason: reason ?? "promoted by hand", force: force)))
    }

    func document(_ record: PromotionRecord) -> Document {
        .sentence("\(record.pipeline) serves \(record.version?.rawValue ?? "the base") (\(record.kind.rawValue)).")
    }
}
