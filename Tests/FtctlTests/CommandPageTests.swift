import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import ftctl

/// The words of the command line: the page about them, help, and what is said of wrong ones.
struct CommandPageTests {
    @Test func thePageIsThatOfTheCommands() throws {
        let path = TestSupport.repository + "/docs/ftctl.md"
        if Golden.isRewriting { try CommandPage.text.write(toFile: path, atomically: true, encoding: .utf8) }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == CommandPage.text)
    }

    @Test func helpReadsAsItsGoldenTexts() throws {
        try expect("help", "--help", Ftctl.helpMessage(columns: 80))
        for noun in Ftctl.nouns {
            let name = noun._commandName
            try expect("help-\(name)", "\(name) --help", Ftctl.helpMessage(for: noun, columns: 80))
        }
        try expect("help-drop-add", "drop add --help", Ftctl.helpMessage(for: DropAdd.self, columns: 80))
    }

    /// Each ends with status 64 and says what is wrong.
    @Test(arguments: [
        ("wrong-noun", "nonsense"), ("wrong-verb", "experiment begin"), ("wrong-option", "runs --limits 3"),
        ("wrong-state", "runs --state promotd"), ("wrong-mode", "run tickets --mode sideways"),
        ("wrong-number", "runs --limit many"), ("wrong-missing", "report"), ("wrong-file", "drop tickets"),
        ("wrong-force", "promote r-000001 --force"), ("wrong-time", "history tickets --at yesterday"),
        ("wrong-two", "report r-000001 --fixes --regressions"), ("wrong-base", "base add"),
        ("wrong-rows", "base recommend tickets --rows 1"), ("wrong-tag", "version annotate tickets current --tag x"),
        ("wrong-note", "version annotate tickets current"), ("wrong-name", "drop tickets a b --name c"),
        ("wrong-hidden", "drop tickets a --name .c"), ("wrong-strategy", "experiment start tickets --strategy luck"),
    ])
    func wrongCommandLinesAreRefused(name: String, line: String) throws {
        let error = #expect(throws: (any Error).self) { _ = try OutputHarness.parse(line) }
        let refused = try #require(error)
        #expect(Ftctl.exitCode(for: refused).rawValue == 64)
        try expect(name, line, Ftctl.fullMessage(for: refused, columns: 80))
    }

    /// Every command that does something says what follows from it, with an example that is a command line of its own.
    @Test func everyCommandHasAnExampleThatParses() throws {
        let commands = Ftctl.nouns.flatMap { $0.configuration.subcommands } + Ftctl.others
        #expect(commands.count > 40)
        for command in commands {
            let lines = command.configuration.discussion.split(separator: "\n")
            let example = try #require(lines.last { $0.hasPrefix("Example: ftctl ") }, "\(command)")
            let line = String(example.dropFirst("Example: ftctl ".count)).replacing("\"", with: "'")
            let parsed = try OutputHarness.parse(line)
            #expect(type(of: parsed) == command, "\(line)")
            #expect(lines.count > 1 || command.configuration.abstract.count > 40, "\(command) says what follows")
        }
    }

    /// What shells complete with: every command, and names from the daemon.
    @Test(arguments: ["bash", "zsh", "fish"])
    func shellsCompleteCommandsAndNames(shell: String) throws {
        let script = try #require(CompletionShell(rawValue: shell).map { Ftctl.completionScript(for: $0) })
        for word in Ftctl.nouns.map({ $0._commandName }) + ["chat", "status"] {
            #expect(script.contains(word), "\(word)")
        }
        #expect(script.contains("---completion"), "names are asked for")
    }

    /// The table of exit statuses stands once; README has the same.
    @Test func theREADMEHasTheExitStatuses() throws {
        let page = try String(contentsOfFile: TestSupport.repository + "/README.md", encoding: .utf8)
        for meaning in ExitMeaning.all { #expect(page.contains("| \(meaning.status) | \(meaning.about) |")) }
    }

    @Test func everyDescriptionIsASentence() {
        for command in Ftctl.nouns.flatMap({ [$0] + $0.configuration.subcommands }) + Ftctl.configuration.subcommands {
            let about = command.configuration.abstract
            #expect(about.hasSuffix(".") && about.first?.isUppercase == true, "\(command): \(about)")
        }
    }

    private func expect(_ name: String, _ line: String, _ output: String) throws {
        let difference = try OutputHarness.golden.difference(name, input: "$ ftctl \(line)", output: output + "\n")
        #expect(difference == nil, "\(difference ?? "")")
    }
}
