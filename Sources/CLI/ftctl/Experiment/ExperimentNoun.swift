import ArgumentParser

struct ExperimentNoun: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "experiment", abstract: "Searches for a better recipe or base, within a budget.",
        discussion:
            """
            Trials are compared on validation rows; only the best one is evaluated on the gate rows, one time. See \
            docs/recipes.md.
            """,
        subcommands: [
            ExperimentStart.self, ExperimentList.self, ExperimentShow.self, ExperimentWatch.self,
            ExperimentStop.self,
        ])
}
