import ArgumentParser
import ControlProtocol
import Foundation
import Nouns

/// Where the program begins: short forms become the noun-verb commands that they stand for.
@main
enum EntryPoint {
    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if let shell = CompletionScript.shell(in: arguments) { printScript(shell) }
        if arguments.first == Completion.word { await complete(Array(arguments.dropFirst())) }
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

    private static func printScript(_ shell: String) -> Never {
        guard let script = CompletionScript(rawValue: shell) else {
            let shells = "bash, zsh or fish"
            Terminal.complain(
                shell.isEmpty
                    ? "\(CompletionScript.option) has no shell. Name one behind it: \(shells)."
                    : "There is no script for the shell '\(shell)'. Name one: \(shells).")
            exit(64)
        }
        print(script.text)
        exit(0)
    }

    /// Answers a shell's script. Whatever goes wrong, nothing is offered: a command line is no place for messages.
    private static func complete(_ words: [String]) async -> Never {
        for offer in await (try? Completion(words))?.offers() ?? [] { print(offer.line) }
        exit(0)
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
