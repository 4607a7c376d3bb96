import Foundation
import Nouns
import TestSupport
import Testing

/// What a shell offers after the tab key: commands, everyday words, and names that the daemon knows.
struct CompletionTests {
    /// A line as typed, what is offered, and what is not.
    struct Case: Sendable, CustomTestStringConvertible {
        let line: String
        let offered: [String]
        var testDescription: String { line }
    }

    private static let cases = [
        Case(line: "sta", offered: ["status"]), Case(line: "prom", offered: ["promote"]),
        Case(line: "ru", offered: ["run", "runs"]), Case(line: "experiment st", offered: ["start", "stop"]),
        Case(line: "watch ti", offered: ["tickets"]), Case(line: "run watch ti", offered: ["tickets"]),
        Case(line: "drop add ti", offered: ["tickets"]), Case(line: "history ti", offered: ["tickets"]),
        Case(line: "runs --pipeline ti", offered: ["tickets"]),
        Case(line: "runs --state queu", offered: ["queued"]), Case(line: "base show t", offered: ["tiny"]),
        Case(line: "init new --base t", offered: ["tiny"]), Case(line: "chat t", offered: ["tickets", "tiny"]),
    ]

    /// Asks bash as its tab key does.
    private static let script = """
        source <("$1" --generate-completion-script bash)
        while IFS= read -r line; do
            read -ra words <<< "$line"
            COMP_WORDS=("$1" "${words[@]}") COMP_CWORD=${#words[@]} COMP_LINE="$1 $line" COMPREPLY=()
            COMP_POINT=${#COMP_LINE}
            _ftctl "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
            echo "${COMPREPLY[@]}"
        done < "$2"
        """

    @Test func bashOffersCommandsAndTheDaemonsNames() async throws {
        let sandbox = try Sandbox()
        try sandbox.settings(
            "minimum_free = \"1M\"\n[worker]\nprogram = \"\(try TestSupport.program("fake-worker"))\"\n")
        try sandbox.pipeline("tickets", "base = \"tiny\"\n")
        let daemon = try sandbox.startDaemon()
        defer { daemon.signal(SIGTERM) }
        try #require(try await sandbox.ready())
        let ftctl = try TestSupport.program("ftctl")
        let model = sandbox.root + "/tiny.gguf"
        try Data("a base model, to the fake worker".utf8).write(to: URL(filePath: model))
        let environment = ["FINETUNED_ROOT": sandbox.root]
        let (added, said) = try await ChildProgram.run(
            ftctl, ["base", "add", model, "--id", "tiny"], environment: environment)
        #expect(added == .exited(0), "\(said)")
        let lines = sandbox.root + "/lines"
        try Data(Self.cases.map { $0.line + "\n" }.joined().utf8).write(to: URL(filePath: lines))
        let (ending, output) = try await ChildProgram.run(
            "bash", ["-c", Self.script, "bash", ftctl, lines], environment: environment)
        #expect(ending == .exited(0), "\(output)")
        let answers = output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        for (asked, answer) in zip(Self.cases, answers) {
            let offered = Set(answer.split(separator: " ").map(String.init))
            #expect(offered == Set(asked.offered), "\(asked.line)")
        }
        #expect(answers.count >= Self.cases.count)
    }

    /// Each shell's script has the everyday words, and asks the program for names.
    @Test(arguments: ["bash", "zsh", "fish"]) func everyScriptHasTheEverydayWords(shell: String) async throws {
        let (ending, script) = try await ChildProgram.run(
            try TestSupport.program("ftctl"), ["--generate-completion-script", shell])
        #expect(ending == .exited(0))
        for word in ["runs", "versions", "watch", "report", "promote", "rollback", "compare", "status"] {
            #expect(script.contains(word), "\(word)")
        }
        #expect(script.contains("---completion"))
    }
}
