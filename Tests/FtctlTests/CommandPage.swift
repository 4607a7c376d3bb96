import ArgumentParser

@testable import ftctl

/// docs/ftctl.md: the grammar, and every command with its words and options, made from the commands themselves.
enum CommandPage {
    static var text: String {
        var page = """
            # ftctl

            Made from the commands (`FINETUNED_REGENERATE=1 swift test --filter CommandPageTests` writes it anew).

            ## Grammar

                ftctl NOUN VERB [NAME …] [OPTION …]

            A noun, a verb, then names: `ftctl drop add tickets monday.jsonl`. Options stand behind the verb. What is \
            often typed has a short form:

            - **A noun alone** is its list: `ftctl drop` is `ftctl drop list`.
            - **A noun and a name** mean what the name looks like. An identifier is shown: `ftctl drop d-…`, \
            `ftctl run r-…`, `ftctl experiment x-…`.
              A name is a pipeline's: `ftctl drop PIPELINE FILE …` adds files, `ftctl run PIPELINE` queues a run, \
            `ftctl pipeline PIPELINE` shows it,
              `ftctl version PIPELINE` and `ftctl data PIPELINE` list. `ftctl base BASE` shows a base.
            - **`ftctl show ID`** shows a run, a drop or an experiment.
            - **Everyday words** stand for one command each:

            | short | for |
            |---|---|

            """
        for (word, long) in ShortForms.words.sorted(by: { ($0.value[0], $0.value[1]) < ($1.value[0], $1.value[1]) }) {
            page += "| `\(word)` | `\(long.joined(separator: " "))` |\n"
        }
        page += """

            No pipeline can be called like a verb or like an identifier, so that a short form never means two things.

            Every command takes `--json`, which prints the answer for programs, and `--root DIR`. On a terminal tables \
            fit its width; in a pipe each row
            is one line. Exit status: 0 done; 1 refused, not found, or something is wrong, with the reason; 2 a \
            watched run ended without being promoted;
            3 a person is needed (`ftctl status --check`); 64 wrong command line; 69 the daemon does not answer; 74 \
            the output could not be written;
            77 you may not ask the daemon that. With `--json` an error is one line of JSON on standard error.

            ## Commands


            """
        for noun in Ftctl.nouns {
            page += "### \(noun._commandName)\n\n\(noun.configuration.abstract)\n\n"
            page += "| command | what it does |\n|---|---|\n"
            for verb in noun.configuration.subcommands { page += row(verb, [noun._commandName, verb._commandName]) }
            page += "\n"
        }
        page += "### The daemon as a whole\n\n| command | what it does |\n|---|---|\n"
        page +=
            row(Status.self, ["status"]) + row(Init.self, ["init"]) + row(CollectGarbage.self, ["gc"])
            + row(Verify.self, ["verify"])
        return page
    }

    private static func row(_ command: any ParsableCommand.Type, _ words: [String]) -> String {
        let usage = Ftctl.usageString(for: command).split(separator: "\n").map { $0.trimmingCharacters(in: [" "]) }
            .joined(separator: " ").replacing("Usage: ", with: "")
            .replacing(" [--root <root>] [--timeout <timeout>] [--json]", with: "")
            .replacing("|", with: "\\|")
        return "| `\(usage)` | \(command.configuration.abstract) |\n"
    }
}
