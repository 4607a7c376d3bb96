import ArgumentParser
import ControlClient
import Nouns

struct ExperimentWatch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Follow an experiment to its end: trials, losses, plots.",
        discussion: """
            Example: ftctl experiment watch x-000001
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "The experiment; the newest otherwise.", completion: .experiments) var experiment: ExperimentID?

    func run() async throws {
        try await connection.use { client in
            let id = try await ExperimentFollower.subject(experiment, client)
            try await ExperimentFollower(connection, client).follow(id)
        }
    }
}
