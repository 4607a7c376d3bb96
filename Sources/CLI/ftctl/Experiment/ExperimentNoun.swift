import ArgumentParser

struct ExperimentNoun: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "experiment", abstract: "Searches for a better recipe or base, within a budget.",
        discussion:
            "Trials choose on validation rows only; the winner alone meets the gate, once. See docs/recipes.md.",
        subcommands: [
            ExperimentStart.self, ExperimentList.self, ExperimentShow.self, ExperimentWatch.self,
            ExperimentStop.self,
        ])
}
