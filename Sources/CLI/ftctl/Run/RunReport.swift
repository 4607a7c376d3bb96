import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct RunReport: Question {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "The gate report of a run, or the rows behind it.",
        discussion: """
            With --html the page holds everything, with plots, and needs no network.

            Example: ftctl run report r-000003 --wrong 20
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "The run.", completion: .runs) var run: RunID
    @Option(help: ArgumentHelp("Show so many of the rows with the highest loss.", valueName: "count")) var worst: Int?
    @Option(
        help: ArgumentHelp(
            "Show so many of the rows that are answered wrongly, those whose answers were cut first.",
            valueName: "count"))
    var wrong: Int?
    @Flag(help: "Show rows that were right before and are wrong now.") var regressions = false
    @Flag(help: "Show rows that were wrong before and are right now.") var fixes = false
    @Option(
        help: ArgumentHelp(
            "Write the whole report to this file as one HTML page with plots (- for standard output).",
            valueName: "file"))
    var html: String?

    func validate() throws {
        guard [worst != nil, wrong != nil, regressions, fixes, html != nil].count(where: { $0 }) <= 1 else {
            throw ValidationError("Give one of --worst, --wrong, --regressions, --fixes and --html.")
        }
    }

    /// One of two questions.
    enum Answer: Encodable, Sendable {
        case run(Run)
        case rows([ExampleComparison])

        func encode(to encoder: any Encoder) throws {
            switch self {
            case .run(let run): try run.encode(to: encoder)
            case .rows(let rows): try rows.encode(to: encoder)
            }
        }
    }

    func run() async throws {
        try await connection.use { client in
            if let html {
                let page = try await client.send(.runs.reportPage(run))
                return try Terminal.write(page, to: html, what: "report")
            }
            let answer = try await ask(client)
            try connection.show(answer) { document(answer) }
        }
    }

    func ask(_ client: ControlClient) async throws -> Answer {
        guard worst != nil || wrong != nil || regressions || fixes else {
            return .run(try await client.send(.runs.show(run)))
        }
        let order: ExampleQuery.Order = regressions ? .regressions : fixes ? .fixes : wrong != nil ? .wrong : .worst
        let query = ExampleQuery(order: order, limit: worst ?? wrong ?? 20)
        return .rows(try await client.send(.runs.examples(run, query)))
    }

    func document(_ answer: Answer) -> Document {
        switch answer {
        case .run(let run): RunDocument.report(ReportData(run: run))
        case .rows(let rows):
            Document([rows.isEmpty ? .paragraph("There are no such rows.") : RunDocument.examples(rows)])
        }
    }
}
