import ArgumentParser
import Backups
import Foundation
import Nouns
import Platform
import Reports

struct Restore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Put the daemon's settings and state back from a backup, where there is no state.",
        discussion: """
            The daemon must not run. Every file is checked by its digest, and the ledger comes last. Settings that are \
            there stay as they are. Run it as root.

            Example: ftctl restore /mnt/backup/finetuned
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "The folder that was given to ftctl backup.", completion: .directory) var folder: String
    @Option(help: "Which backup; the newest otherwise.") var backup: String?

    func run() async throws {
        do {
            let path = URL(filePath: folder).standardizedFileURL.path
            let outcome = try Restoring(connection.layout(), from: path).restore(backup)
            let answer = RestoreReport(outcome)
            try connection.show(answer) { answer.document }
        } catch let failure as Failure {
            try connection.complain(failure)
            throw ExitCode(1)
        } catch let failure as FileFailure {
            try connection.complain(failure.failure)
            throw ExitCode(1)
        }
    }
}
