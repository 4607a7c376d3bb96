import ArgumentParser
import ControlProtocol
import Foundation
import Nouns

/// Where the program begins: short forms become the noun-verb commands that they stand for.
@main
enum EntryPoint {
    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if CompletedCommands.areMeant(by: arguments) {
            // Names of the daemon are asked for, so that this waits.
            do { _ = try await CompletedCommands.asyncParseAsRoot(arguments) } catch {
                CompletedCommands.exit(withError: error)
            }
        }
        if let mistake = Misspelling(arguments) {
            complain(mistake.text, in: arguments)
            exit(64)
        }
        do {
            var command = try Ftctl.parseAsRoot(ShortForms.long(arguments))
            if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
        } catch {
            let status = Ftctl.exitCode(for: error)
            if status.rawValue == 64, wantsJSON(arguments) {
                complain(Ftctl.message(for: error), in: arguments)
                exit(64)
            }
            Ftctl.exit(withError: error)
        }
    }

    /// Says what is wrong with the words: as JSON where that is asked for.
    private static func complain(_ message: String, in arguments: [String]) {
        let failure = Failure(code: "client.arguments", message, remedy: "See `ftctl help`.")
        guard wantsJSON(arguments), let json = try? ContractCoding.encode(ErrorAnswer(failure)) else {
            return Terminal.complain(message)
        }
        Terminal.complain(json: json)
    }

    private static func wantsJSON(_ arguments: [String]) -> Bool {
        arguments.prefix { $0 != "--" }.contains("--json")
    }
}
