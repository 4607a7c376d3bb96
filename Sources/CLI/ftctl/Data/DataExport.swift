import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns

struct DataExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write the rows of a snapshot, or of a pipeline's dataset as it is now, as JSON lines.",
        discussion: """
            The rows are canonical JSON, in the order of the dataset.

            Example: ftctl data export tickets --split train
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "A snapshot, or a pipeline.", completion: .datasets) var id: String
    @Option(help: ArgumentHelp("Only this side: train, validation or gate.", valueName: "side")) var split: Split?

    func run() async throws {
        try await connection.use { client in
            try await client.pieces(.data.export(DataExportQuery(id: id, split: split))) { Terminal.write($0) }
        }
    }
}

extension Split: ExpressibleByArgument {}
