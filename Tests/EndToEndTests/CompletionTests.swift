import Foundation
import Nouns
import TestSupport
import Testing

/// What a shell offers after the tab key: commands, everyday words, names that the daemon knows, and files.
///
/// bash, zsh and fish are asked themselves, with the scripts that are installed for them; `tools/install-deps.sh test`
/// installs the three.
struct CompletionTests {
    /// A line as typed, and what is offered for its last word.
    struct Case: Sendable {
        let line: String
        let offered: Set<String>

        init(_ line: String, _ offered: Set<String>) {
            self.line = line
            self.offered = offered
        }
    }

    private static let cases = [
        Case("sta", ["status"]), Case("prom", ["promote"]), Case("ru", ["run", "runs"]),
        // At the end of a word that is a command already.
        Case("run", ["run", "runs"]), Case("drop", ["drop", "drops"]), Case("status", ["status"]),
        Case("experiment st", ["start", "stop"]), Case("drop sh", ["show"]), Case("drop show", ["show"]),
        Case("help dro", ["drop", "drops"]), Case("help drop re", ["retry"]),
        // Names, behind verbs in full and behind short forms of them.
        Case("watch ti", ["tickets"]), Case("run watch ti", ["tickets"]), Case("drop add ti", ["tickets"]),
        Case("history ti", ["tickets"]), Case("drop ti", ["tickets"]), Case("run ti", ["tickets"]),
        Case("pipeline ti", ["tickets"]), Case("status ti", ["tickets"]), Case("base show t", ["tiny"]),
        Case("base t", ["tiny"]), Case("chat t", ["tickets", "tiny"]), Case("--color never watch ti", ["tickets"]),
        Case("engine show bu", ["builtin"]), Case("init n --base tiny --promote man", ["manual"]),
        // What came of a drop: its run and its snapshot.
        Case("watch r-", ["r-000001"]), Case("report r-", ["r-000001"]), Case("logs r-", ["r-000001"]),
        Case("data diff s-", ["SNAPSHOT"]), Case("data diff s-1 s-", ["SNAPSHOT"]),
        Case("data export s-", ["SNAPSHOT"]), Case("data show s-", ["SNAPSHOT"]),
        Case("data lineage s-", ["SNAPSHOT"]), Case("data show d-", ["DROP"]),
        // Options and their values.
        Case("status --ch", ["--check"]), Case("drop tickets a.jsonl --wat", ["--watch"]),
        Case("run --st", ["--state"]),
        Case("runs --pipeline ti", ["tickets"]), Case("runs --state queu", ["queued"]),
        Case("run --state queu", ["queued"]), Case("init new --base t", ["tiny"]),
        Case("init new --answers l", ["labels"]), Case("--color ne", ["never"]),
        // Files.
        Case("drop tickets mon", ["monday.jsonl"]), Case("drop tickets monday.jsonl tue", ["tuesday.jsonl"]),
        Case("data check mon", ["monday.jsonl"]), Case("report r-000001 --html mon", ["monday.jsonl"]),
        // Where nothing is known, nothing is offered.
        Case("nonsense ti", []), Case("watch zz", []),
    ]

    private static let bash = """
        source <(ftctl --generate-completion-script bash)
        while IFS= read -r line; do
            read -ra words <<< "$line"
            COMP_WORDS=(ftctl "${words[@]}") COMP_CWORD=${#words[@]} COMP_LINE="ftctl $line" COMPREPLY=()
            COMP_POINT=${#COMP_LINE}
            _ftctl ftctl "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
            echo "${COMPREPLY[@]}"
        done < lines
        """

    private static let fish = #"""
        ftctl --generate-completion-script fish | source
        while read line
            echo (complete -C "ftctl $line" | string split -f 1 \t)
        end < lines
        """#

    /// A shell in a terminal of its own: its completion puts all that it offers into the line.
    private static let zsh = #"""
        mkdir functions
        ftctl --generate-completion-script zsh > functions/_ftctl
        cat > rc <<'RC'
        unsetopt beep
        fpath=($PWD/functions $fpath)
        autoload -Uz compinit && compinit -D -u
        all() { comppostfuncs=(insert-all); _main_complete; }
        insert-all() { compstate[insert]=all; }
        zle -C all-matches complete-word all
        walk() {
            local line
            while IFS= read -r line <&3; do
                typed="ftctl $line"
                BUFFER=$typed CURSOR=$#typed
                zle all-matches
                # A line that stays as it was has got nothing.
                if [[ $BUFFER = $typed ]]; then print; else print -r -- ${BUFFER#${typed% *} }; fi >> answers
            done
            exit
        }
        zle -N walk
        bindkey '^G' walk
        RC
        zmodload zsh/zpty
        exec 3< lines
        zpty shell zsh -f -i
        zpty -w shell 'source rc; print re""ady'
        zpty -r shell said '*ready*'
        zpty -w -n shell $'\a'
        while zpty -r shell said; do :; done
        cat answers
        """#

    @Test func everyShellOffersCommandsNamesAndFiles() async throws {
        let sandbox = try Sandbox()
        try sandbox.settings(
            "minimum_free = \"1M\"\n[worker]\nprogram = \"\(try TestSupport.program("fake-worker"))\"\n")
        try sandbox.pipeline("tickets", "base = \"tiny\"\n[trigger]\nsettle_seconds = 0.1\n")
        let daemon = try sandbox.startDaemon()
        defer { daemon.signal(SIGTERM) }
        try #require(try await sandbox.ready())
        let model = sandbox.root + "/tiny.gguf"
        try Data("a base model, to the fake worker".utf8).write(to: URL(filePath: model))
        let added = try await sandbox.ftctl("base", "add", model, "--id", "tiny")
        #expect(added.status == 0, "\(added.output)")
        let names = try await oneRun(sandbox)
        for name in ["monday.jsonl", "tuesday.jsonl"] { try Data().write(to: URL(filePath: sandbox.root + "/" + name)) }
        let lines = Self.cases.map { $0.line + "\n" }.joined()
        try Data(lines.utf8).write(to: URL(filePath: sandbox.root + "/lines"))
        for (shell, options, script) in [
            ("bash", ["--norc"], Self.bash), ("zsh", ["-f"], Self.zsh), ("fish", ["--no-config"], Self.fish),
        ] {
            let answers = try await ask(shell, options, script, sandbox)
            #expect(answers.count == Self.cases.count, "\(shell): \(answers)")
            for (asked, answer) in zip(Self.cases, answers) {
                let offered = Set(asked.offered.map { names[$0] ?? $0 })
                #expect(Set(answer.split(separator: " ").map(String.init)) == offered, "\(shell): \(asked.line)")
            }
        }
    }

    /// Has one drop come to a run; the names of what came of it, by what the cases call them.
    private func oneRun(_ sandbox: Sandbox) async throws -> [String: String] {
        let rows = (0..<60).map { "{\"prompt\": \"question number \($0)\", \"completion\": \"answer \($0 % 7)\"}\n" }
        let file = sandbox.root + "/answers.jsonl"
        try Data(rows.joined().utf8).write(to: URL(filePath: file))
        let dropped = try await sandbox.ftctl("drop", "tickets", file, "--watch")
        #expect(dropped.status == 0, "\(dropped.output)")
        let listed = try await sandbox.ftctl("data", "list", "tickets").output
        return [
            "SNAPSHOT": String(try #require(listed.firstMatch(of: /s-[0-9a-f]+/)).output),
            "DROP": String(try #require(listed.firstMatch(of: /d-[0-9a-f-]+/)).output),
        ]
    }

    /// Asks a shell in the sandbox's folder; a line for each case.
    private func ask(
        _ shell: String, _ options: [String], _ script: String, _ sandbox: Sandbox
    ) async throws -> [String] {
        let programs = (try TestSupport.program("ftctl") as NSString).deletingLastPathComponent
        let start = "cd \"$1\" && PATH=\"$0:$PATH\" && export PATH && shift && exec \"$@\""
        let (ending, output) = try await ChildProgram.run(
            "sh", ["-c", start, programs, sandbox.root, shell] + options + ["-c", script],
            environment: [
                "FINETUNED_ROOT": sandbox.root, "HOME": sandbox.root, "TERM": "xterm", "LC_ALL": "C.UTF-8",
            ])
        #expect(ending == .exited(0), "\(shell): \(output)")
        return output.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }

    /// A shell that there is no script for is told which there are.
    @Test func anotherShellIsRefused() async throws {
        for arguments in [["--generate-completion-script", "csh"], ["--generate-completion-script"]] {
            let (ending, said) = try await ChildProgram.run(try TestSupport.program("ftctl"), arguments)
            #expect(ending == .exited(64) && said.contains("bash, zsh or fish"), "\(said)")
        }
    }
}
