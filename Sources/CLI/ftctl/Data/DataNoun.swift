import ArgumentParser

struct DataNoun: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "data",
        abstract: "Data before it is dropped, and datasets: drops, snapshots, quality, lineage.",
        discussion: """
            `ftctl data PIPELINE` lists what its dataset is made of.

            Example: ftctl data check monday.jsonl
            """,
        subcommands: [
            DataCheck.self, DataList.self, DataShow.self, DataQuality.self, DataDiff.self, DataExport.self,
            DataTrace.self, DataRevoke.self, DataImport.self, DataFetch.self,
        ])
}
