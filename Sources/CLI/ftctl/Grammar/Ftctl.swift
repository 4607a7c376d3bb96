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
              runs, drops, pipelines, bases, experiments   the lists
              watch, report, explain, promote, cancel      of a run: `watch` is `run watch`
              rollback, history, generate                  of a pipeline: `history NAME` is `pipeline history NAME`
              show ID; drop ID; run ID                     what the identifier's form says: d-…, r-…, x-…
              drop PIPELINE FILE …                         `drop add PIPELINE FILE …`
              run PIPELINE                                 `pipeline run PIPELINE`
              NOUN                                         `NOUN list`

            Exit status: 0 done; 1 refused or not found, with the reason; 2 a watched run ended without being \
            promoted; 3 a person is needed (`status --check`); 64 wrong command line; 69 the daemon does not answer; \
            74 the output could not be written; 77 you may not ask the daemon that.
            """,
        version: BuildVersion.text,
        subcommands: nouns + [Status.self, Init.self, CollectGarbage.self, Verify.self, Metrics.self])

    /// Commands with verbs below them.
    static let nouns: [any ParsableCommand.Type] = [
        DropNoun.self, PipelineNoun.self, RunNoun.self, VersionNoun.self, BaseNoun.self, DataNoun.self,
        ExperimentNoun.self, FeedbackNoun.self, TokenNoun.self,
    ]
}
