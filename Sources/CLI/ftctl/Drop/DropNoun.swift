import ArgumentParser

struct DropNoun: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drop", abstract: "Files that were dropped, and what became of them.",
        discussion: """
            `ftctl drop PIPELINE FILE …` drops files; `ftctl drop ID` shows what became of one.

            Example: ftctl drop tickets monday.jsonl --watch
            """,
        subcommands: [DropAdd.self, DropList.self, DropShow.self, DropRetry.self])
}
