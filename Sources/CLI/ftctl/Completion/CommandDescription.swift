import ArgumentParser
import Foundation

/// A command as the parser describes it: its words, its options, and what their values are.
struct CommandDescription: Decodable {
    let commandName: String
    let abstract: String?
    let subcommands: [CommandDescription]?
    let arguments: [Argument]?

    /// A word, an option or a flag of a command.
    struct Argument: Decodable {
        let kind: Kind
        let shouldDisplay: Bool
        let isRepeating: Bool
        let names: [Name]?
        let valueName: String?
        let abstract: String?
        let allValues: [String]?
        let allValueDescriptions: [String: String]?
        let completionKind: Values?

        var words: [String] { (names ?? []).map(\.word) }
    }

    enum Kind: String, Decodable { case positional, option, flag }

    struct Name: Decodable {
        let kind: String
        let name: String

        var word: String { (kind == "long" ? "--" : "-") + name }
    }

    /// What the parser was told of a value; the cases are called as it writes them.
    enum Values: Decodable {
        case list(values: [String])
        case file(extensions: [String])
        case directory
        case shellCommand(command: String)
        case custom
        case customAsync
        case customDeprecated
    }

    /// All of ftctl.
    static func all() throws -> CommandDescription {
        struct Tool: Decodable { let command: CommandDescription }
        return try JSONDecoder().decode(Tool.self, from: Data(Ftctl._dumpHelp().utf8)).command
    }

    func subcommand(_ name: String) -> CommandDescription? { subcommands?.first { $0.commandName == name } }

    /// The command that these words name; nil where there is none.
    func command(_ words: [String]) -> CommandDescription? {
        words.reduce(Optional(self)) { $0?.subcommand($1) }
    }

    func option(_ word: String) -> Argument? { arguments?.first { $0.words.contains(word) } }

    /// What stands without a name, in order.
    var positionals: [Argument] { (arguments ?? []).filter { $0.kind == .positional } }
}
