import ArgumentParser

struct PipelineNoun: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pipeline", abstract: "Pipelines: what they serve, wait for and run.",
        discussion: """
            `ftctl pipeline NAME` shows one; `ftctl init NAME` makes one.

            Example: ftctl pipeline check tickets
            """,
        subcommands: [
            PipelineList.self, PipelineShow.self, PipelineCheck.self, PipelineRun.self, PipelineGenerate.self,
            PipelineRollback.self, PipelineHistory.self, PipelineRetire.self, PipelineRename.self,
            PipelineShare.self,
        ])
}
