import ArgumentParser
import Backups
import ControlClient
import ControlProtocol
import Foundation
import Nouns
import Reports

struct Backup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Copy the daemon's settings, ledger and files into a folder while it is at work.",
        discussion: """
            The ledger is copied as it is at one moment, and every file that it names is there with it. Later backups \
            into the same folder copy what is new. Run it as root, on the daemon's machine.

            Example: ftctl backup /mnt/backup/finetuned --keep 14
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "The folder of backups; it is made where it is not there.", completion: .directory)
    var folder: String
    @Option(help: ArgumentHelp("Keep only so many backups in the folder, the newest.", valueName: "count")) var keep:
        Int?

    func validate() throws {
        if let keep, keep < 1 { throw ValidationError("Keep at least one backup.") }
    }

    func run() async throws {
        let path = URL(filePath: folder).standardizedFileURL.path
        try await connection.use { client in
            let maker = BackupMaker(try connection.layout(), to: path) { if !connection.json { Terminal.remark($0) } }
            let outcome = try await maker.make(
                keeping: keep,
                open: { try await client.send(.backups.open()) },
                close: { _ = try await client.send(.backups.close(BackupPlace($0.id))) })
            let answer = BackupReport(outcome, folder: path)
            try connection.show(answer) { answer.document }
            if !answer.faults.isEmpty { throw ExitCode(1) }
        }
    }
}
