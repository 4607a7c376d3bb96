import ArgumentParser

struct DropNoun: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drop", abstract: "Files that were dropped, and what became of them.",
        subcommands: [DropAdd.self, DropList.self, DropShow.self, DropRetry.self])
}
