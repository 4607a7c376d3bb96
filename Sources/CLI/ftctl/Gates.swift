import ArgumentParser
import ControlProtocol
import Nouns
import Reports

struct Gates: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What a run had to show, and what it showed.", subcommands: [GatesExplain.self],
        defaultSubcommand: GatesExplain.self)
}

struct GatesExplain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Every gate of a run in words: what was asked, what was found, by which test, and what to try.")
    @OptionGroup var connection: Connection
    @Argument(help: "The run.") var run: String

    func run() async throws {
        try await connection.use { client in
            try connection.show(try await client.get(Run.self, ControlRoute.run(run)), TextReport.explain)
        }
    }
}
