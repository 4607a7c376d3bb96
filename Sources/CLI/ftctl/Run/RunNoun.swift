import ArgumentParser

struct RunNoun: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Runs: trained, judged, and promoted or not.",
        discussion: """
            `ftctl run PIPELINE` queues a run now, with the rows that are stored; `ftctl run r-000001` shows one.

            Example: ftctl run tickets --watch
            """,
        subcommands: [
            RunList.self, RunShow.self, RunWatch.self, RunReport.self, RunExplain.self, RunPromote.self,
            RunPause.self, RunResume.self, RunCancel.self,
        ])
}
