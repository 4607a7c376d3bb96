import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct ExperimentShow: Question {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "An experiment's trials, plots and conclusion.",
        discussion: """
            Example: ftctl experiment show x-000001 --csv trials.csv
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "The experiment; the newest otherwise.", completion: .experiments) var experiment: ExperimentID?
    @Flag(help: "Follow it to its end.") var watch = false
    @Option(
        help: ArgumentHelp("Write the report to this file as one HTML page (- for standard output).", valueName: "file")
    ) var html: String?
    @Option(help: ArgumentHelp("Write every trial to this file as CSV (- for standard output).", valueName: "file"))
    var csv: String?

    func run() async throws {
        try await connection.use { client in
            let id = try await ExperimentFollower.subject(experiment, client)
            if let html {
                let page = try await client.send(.experiments.page(id))
                try Terminal.write(page, to: html, what: "report")
            }
            if let csv {
                let table = try await client.send(.experiments.table(id))
                try Terminal.write(table, to: csv, what: "table")
            }
            if html != nil || csv != nil { return }
            if watch { return try await ExperimentFollower(connection, client).follow(id) }
            let answer = try await ask(client)
            try connection.show(answer) { document(answer) }
        }
    }

    func ask(_ client: ControlClient) async throws -> Experiment {
        let id = try await ExperimentFollower.subject(experiment, client)
        return try await client.send(.experiments.show(id))
    }

    func document(_ experiment: Experiment) -> Document { ExperimentDocument.report(experiment) }
}
