import ArgumentParser
import Foundation
import HubClient
import Nouns
import Reports

struct BaseFind: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "find", abstract: "Models that lie on this machine and can become a base.",
        discussion: """
            Looks into the cache of the Hub's own programs, Ollama's store and LM Studio's folders. The first column \
            is what `ftctl base add` takes; nothing is asked over the network.

            Example: ftctl base find
            """)
    @OptionGroup var connection: Connection
    @OptionGroup var listing: Listing

    func validate() throws { try listing.check(LocalModel.self) }

    func run() async throws {
        do {
            let environment = ProcessInfo.processInfo.environment
            let home = HubSettings.home(environment)
            let models = LocalModel.all(try HubSettings(environment, home: home), environment, home: home)
            try connection.show(models) {
                .list(
                    models, none: "No model lies in the caches of the Hub, of Ollama or of LM Studio.", listing.view)
            }
        } catch let failure as Failure {
            try connection.complain(failure)
            throw ExitCode(1)
        }
    }
}

extension LocalModel: TableRow {
    package static var columns: [Column] { ["SOURCE", "STORE", .number("SIZE"), .text("NOT USABLE BECAUSE")] }

    package var cells: [Cell] { [Cell(source), Cell(store), .bytes(bytes), Cell(problem ?? "")] }
}
