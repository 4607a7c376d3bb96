import ArgumentParser
import Nouns

/// The command line of the daemon: a noun, a verb, then names.
struct Ftctl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ftctl",
        abstract: "Talks to finetuned.",
        usage: "ftctl NOUN VERB [NAME …] [--json] [--root DIR]",
        discussion: """
            Short forms:
              runs, drops, pipelines, bases, engines, experiments   the lists
              watch, report, explain, promote, cancel      of a run: `watch` is `run watch`
              rollback, history, generate                  of a pipeline: `history NAME` is `pipeline history NAME`
              show ID; drop ID; run ID                     what the identifier's form says: d-…, r-…, x-…
              drop PIPELINE FILE …                         `drop add PIPELINE FILE …`
              run PIPELINE                                 `pipeline run PIPELINE`
              NOUN                                         `NOUN list`

            Exit status:
            \(ExitMeaning.all.map { "  \($0.status)  \($0.about)" }.joined(separator: "\n"))
            """,
        version: BuildVersion.text,
        subcommands: nouns + others)

    /// Commands that are no noun.
    static let others: [any ParsableCommand.Type] = [
        Chat.self, DiffAnswers.self, Status.self, Init.self, CollectGarbage.self, Verify.self,
        Metrics.self, DoctorCommand.self, Backup.self, Restore.self, Audit.self, Logs.self,
    ]

    /// Commands with verbs below them.
    static let nouns: [any ParsableCommand.Type] = [
        DropNoun.self, PipelineNoun.self, RunNoun.self, VersionNoun.self, BaseNoun.self, DataNoun.self,
        ExperimentNoun.self, FeedbackNoun.self, TokenNoun.self, EngineNoun.self,
    ]
}
