import ArgumentParser

/// The command line as a shell completes it: with the everyday words, which stand for commands below a noun, as
/// commands of their own. It is never run.
struct CompletedCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: Ftctl._commandName, abstract: Ftctl.configuration.abstract,
        subcommands: Ftctl.configuration.subcommands + verbs + lists)

    /// Verbs that are typed without their noun; each has its own name.
    private static let verbs: [any ParsableCommand.Type] = [
        RunWatch.self, RunReport.self, RunExplain.self, RunPromote.self, RunPause.self, RunResume.self, RunCancel.self,
        PipelineGenerate.self, PipelineHistory.self, PipelineRollback.self, VersionCompare.self,
    ]

    /// Lists by the plural of their noun.
    private static let lists: [any ParsableCommand.Type] = [
        Plural<RunList>.self, Plural<DropList>.self, Plural<PipelineList>.self, Plural<BaseList>.self,
        Plural<EngineList>.self, Plural<ExperimentList>.self, Plural<VersionList>.self,
    ]

    /// Whether the words ask for a shell's script, or come from one.
    static func areMeant(by arguments: [String]) -> Bool {
        arguments.first == "---completion" || arguments.contains { $0.hasPrefix("--generate-completion-script") }
    }

    /// A list under the word that stands for it.
    struct Plural<List: ParsableCommand>: ParsableCommand {
        static var configuration: CommandConfiguration {
            CommandConfiguration(commandName: word, abstract: List.configuration.abstract)
        }

        @OptionGroup var list: List

        private static var word: String {
            let noun = Ftctl.nouns.first { $0.configuration.subcommands.contains { $0 == List.self } }
            let long = [noun?._commandName ?? "", List._commandName]
            return ShortForms.words.first { $0.value == long }?.key ?? ""
        }
    }
}
