import ArgumentParser

struct TokenNoun: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Tokens, by which programs and other machines ask the daemon.",
        subcommands: [TokenAdd.self, TokenList.self, TokenRemove.self])
}
