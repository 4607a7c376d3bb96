import ArgumentParser
import Nouns
import Reports

/// The command line of the daemon: a noun, a verb, then names.
struct Ftctl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ftctl",
        abstract: "Talks to finetuned.",
        usage: "ftctl NOUN VERB [NAME …] [--json] [--root DIR]",
        discussion: """
            Short forms:
            \(lines(ShortForms.inWords))

            Exit status:
            \(lines(ExitMeaning.all.map { (String($0.status), $0.about) }))
            """,
        version: BuildVersion.text,
        subcommands: nouns + others)

    /// Names with what they mean, for help on 80 columns.
    private static func lines(_ facts: [(String, String)]) -> String {
        Document([.facts(facts.map { Fact($0.0, $0.1) })]).text(width: 76).split(separator: "\n").map { "  " + $0 }
            .joined(separator: "\n")
    }

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
