import ArgumentParser

struct RunNoun: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Runs: trained, judged, and promoted or not.",
        subcommands: [
            RunList.self, RunShow.self, RunWatch.self, RunReport.self, RunExplain.self, RunPromote.self,
            RunPause.self, RunResume.self, RunCancel.self,
        ])
}
