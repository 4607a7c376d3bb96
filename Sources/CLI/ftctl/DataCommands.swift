import ArgumentParser

struct DataCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "data", abstract: "Check data before it is dropped, and look at datasets.", subcommands: [DataCheck.self])
}
