/// The words of `ftctl`'s grammar, which is a noun, a verb, then names; the short forms leave out the verb, and so no
/// pipeline may be called like one.
package enum CommandWords {
    /// Every verb of every noun.
    package static let verbs: Set<String> = [
        "add", "alias", "annotate", "cancel", "check", "compare", "diff", "explain", "export", "fetch", "find",
        "generate", "help", "history", "import", "lineage", "list", "pack", "pause", "promote", "recommend", "remove",
        "rename",
        "report", "resume", "retire", "retry", "revoke", "rollback", "run", "share", "show", "start", "stop", "suggest",
        "watch",
    ]

    /// What an identifier names, by its form alone.
    package enum Form: Sendable {
        case drop, run, experiment, version, name

        /// `d-…`, `r-…` and `x-…` with a digit next, `v-…` with hexadecimal digits; everything else is a name.
        package init(_ text: String) {
            self =
                if text.wholeMatch(of: /d-[0-9][0-9a-f-]*/) != nil {
                    .drop
                } else if text.wholeMatch(of: /r-[0-9]+/) != nil {
                    .run
                } else if text.wholeMatch(of: /x-[0-9]+/) != nil {
                    .experiment
                } else if text.wholeMatch(of: /v-[0-9a-f]{6,}/) != nil {
                    .version
                } else {
                    .name
                }
        }
    }

    /// Why a name cannot be a pipeline's; nil where it can.
    package static func refusal(_ name: String) -> String? {
        if verbs.contains(name) { return "ftctl has a command of that name" }
        switch Form(name) {
        case .drop: return "it looks like a drop's identifier"
        case .run: return "it looks like a run's identifier"
        case .experiment: return "it looks like an experiment's identifier"
        case .version: return "it looks like a version's identifier"
        case .name: return nil
        }
    }
}
