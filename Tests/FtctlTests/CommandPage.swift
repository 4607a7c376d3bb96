import ArgumentParser

@testable import ftctl

/// docs/ftctl.md: the grammar, and every command with its words and options, made from the commands themselves.
enum CommandPage {
    static var text: String {
        var page = """
            # ftctl

            Made from the commands (`FINETUNED_REGENERATE=1 tools/test.sh CommandPageTests` writes it anew).

            ## Grammar

                ftctl NOUN VERB [NAME …] [OPTION …]

            A noun, a verb, then names: `ftctl drop add tickets monday.jsonl`. Options stand behind the verb. What is \
            often typed has a short form:

            - **A noun alone** is its list: `ftctl drop` is `ftctl drop list`.
            - **A noun and a name** mean what the name looks like. An identifier is shown: \
            `ftctl drop d-20270115-080000-0a1b2c3d`, `ftctl run r-000001`, `ftctl experiment x-000001`.
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

            Every command takes `--json`, which prints the answer for programs (an error is one line of JSON on \
            standard error), `--root DIR`, and `--color auto|always|never` (`NO_COLOR` is heeded).

            ## Which daemon

            The one whose root is named by `--root` or `FINETUNED_ROOT`; else, where the working folder lies below a \
            folder with a `sandbox`, the daemon of that sandbox, which is said; else the installed one. A socket that \
            is found so has to belong to root, to `finetuned` or to you.

            ## Tables

            On a terminal a table fits its width; in a pipe each row is one line. Commands that print one take \
            `--columns run,state`, `--sort created` and `--reverse`; a column is named as above the table, with `-` \
            for a space. Dates have their zone. A terminal whose locale is not UTF-8 gets plain ASCII.

            ## Exit status

            | status | what it says |
            |---|---|
            \(ExitMeaning.all.map { "| \($0.status) | \($0.about) |" }.joined(separator: "\n"))


            ## Commands


            """
        for noun in Ftctl.nouns {
            page += "### \(noun._commandName)\n\n\(noun.configuration.abstract)\n\n"
            page += "| command | what it does |\n|---|---|\n"
            for verb in noun.configuration.subcommands { page += row(verb, [noun._commandName, verb._commandName]) }
            page += "\n"
        }
        page += "### Others\n\n| command | what it does |\n|---|---|\n"
        for command in Ftctl.others { page += row(command, [command._commandName]) }
        return page
    }

    private static func row(_ command: any ParsableCommand.Type, _ words: [String]) -> String {
        let usage = Ftctl.usageString(for: command).split(separator: "\n").map { $0.trimmingCharacters(in: [" "]) }
            .joined(separator: " ").replacing("Usage: ", with: "")
            .replacing(" [--root <folder>] [--timeout <seconds>] [--json] [--color <when>]", with: "")
            .replacing(" [--columns <columns>] [--sort <column>] [--reverse]", with: "")
            .replacing("|", with: "\\|")
        return "| `\(usage)` | \(command.configuration.abstract) |\n"
    }
}
