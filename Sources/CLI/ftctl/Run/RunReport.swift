import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct RunReport: Question {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "The gate report of a run, or the rows behind it.")
    @OptionGroup var connection: Connection
    @Argument(help: "The run.") var run: RunID
    @Option(help: "Show so many of the rows with the highest loss.") var worst: Int?
    @Flag(help: "Show rows that were right before and are wrong now.") var regressions = false
    @Flag(help: "Show rows that were wrong before and are right now.") var fixes = false
    @Option(help: "Write the whole report to this file as one HTML page with plots (- for standard output).")
    var html: String?

    func validate() throws {
        guard [worst != nil && !regressions && !fixes, regressions, fixes, html != nil].count(where: { $0 }) <= 1 else {
            throw ValidationError("Give one of --worst, --regressions, --fixes and --html.")
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
        guard worst != nil || regressions || fixes else {
            return .run(try await client.send(.runs.show(run)))
        }
        let query = ExampleQuery(order: regressions ? .regressions : fixes ? .fixes : .worst, limit: worst ?? 20)
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
