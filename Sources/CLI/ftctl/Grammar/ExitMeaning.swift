/// What an exit status says; help, README and docs/ftctl.md have it from here.
struct ExitMeaning {
    let status: Int32
    /// A sentence without a full stop, in lower case.
    let about: String

    static let all = [
        ExitMeaning(status: 0, about: "done; of a watched run: promoted, or accepted to be promoted by hand"),
        ExitMeaning(status: 1, about: "refused, not found, or something is wrong, with the reason"),
        ExitMeaning(status: 2, about: "a watched run ended without being promoted"),
        ExitMeaning(
            status: 3,
            about: """
                somebody or something is waited for: a person is needed (`status --check`), rows are stored and no run \
                follows by itself (`drop --watch`), or `--timeout` of a command that waits has passed
                """),
        ExitMeaning(status: 64, about: "wrong command line"),
        ExitMeaning(status: 69, about: "the daemon does not answer"),
        ExitMeaning(status: 74, about: "the output could not be written"),
        ExitMeaning(status: 77, about: "you may not ask the daemon that, or not drop files for it"),
    ]
}
