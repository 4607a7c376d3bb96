import Foundation
import Nouns
import TestSupport
import Testing

/// How `ftctl` leaves where nobody reads on, the terminal is closed, or somebody presses Ctrl-C: as other programs do,
/// and without a word too many.
struct LeavingTests {
    /// A daemon that waits for data; whoever watches its pipeline waits with it.
    private static func scene() async throws -> (Sandbox, ChildProgram) {
        let sandbox = try Sandbox()
        try sandbox.settings("minimum_free = \"1M\"\n")
        let daemon = try sandbox.startDaemon()
        try #require(try await sandbox.ready())
        try sandbox.pipeline("tickets", "base = \"tiny\"\n")
        let isThere = try await TestSupport.eventually {
            try await sandbox.ftctl("pipeline", "tickets", "--toml").status == 0
        }
        try #require(isThere)
        return (sandbox, daemon)
    }

    /// Runs lines of bash with `ftctl` on the path.
    private static func bash(_ text: String, _ sandbox: Sandbox) async throws -> String {
        let (ending, output) = try await ChildProgram.run(
            "bash", ["-c", "PATH='\(TestSupport.programs)':$PATH; \(text)"],
            environment: ["FINETUNED_ROOT": sandbox.root])
        #expect(ending == .exited(0), "\(output)")
        return output
    }

    @Test func itLeavesCleanlyWhoeverIsGone() async throws {
        let (sandbox, daemon) = try await Self.scene()
        defer { daemon.signal(SIGTERM) }
        // Whoever read has ended before the first byte: no sentence, and the signal of a broken pipe.
        let pipe = "exec 3> >(:); wait $!; ftctl status >&3; echo $?"
        #expect(try await Self.bash(pipe, sandbox) == "\(128 + SIGPIPE)\n")
        let head = "ftctl runs --json | head -1 >/dev/null; echo ${PIPESTATUS[@]}"
        #expect(["0 0\n", "\(128 + SIGPIPE) 0\n"].contains(try await Self.bash(head, sandbox)))
        for nowhere in ["&-", "/dev/full"] {
            let output = try await Self.bash("ftctl status >\(nowhere); echo $?", sandbox)
            #expect(output.hasSuffix("\n74\n") && output.hasPrefix("ftctl: standard output: "), "\(output)")
        }
        // Standard error is closed as well: there is nobody left to tell.
        #expect(try await Self.bash("ftctl show r-9 2>&-; echo $?", sandbox) == "1\n")
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func aSignalEndsWhoeverWaits(number: Int32) async throws {
        let (sandbox, daemon) = try await Self.scene()
        defer { daemon.signal(SIGTERM) }
        let watching = try ChildProgram(
            TestSupport.program("ftctl"), ["watch", "tickets"], environment: ["FINETUNED_ROOT": sandbox.root],
            output: sandbox.root + "/watched")
        #expect(
            try await TestSupport.eventually { watching.output.contains("No run of tickets") }, "\(watching.output)")
        kill(watching.pid, number)
        #expect(try await watching.wait(seconds: 240) == .signalled(number))
    }

    /// On a terminal of its own, which is closed.
    @Test func aClosedTerminalEndsIt() async throws {
        let (sandbox, daemon) = try await Self.scene()
        defer { daemon.signal(SIGTERM) }
        let pid = sandbox.root + "/pid"
        let inner = "echo $$ > '\(pid)'; exec '\(TestSupport.programs)/ftctl' watch tickets"
        let terminal = try ChildProgram(
            "script", ["--quiet", "--command", inner, "/dev/null"],
            environment: ["FINETUNED_ROOT": sandbox.root, "SHELL": "/bin/sh"],
            output: sandbox.root + "/screen")
        #expect(
            try await TestSupport.eventually { terminal.output.contains("No run of tickets") }, "\(terminal.output)")
        let watching = try #require(
            pid_t(try String(contentsOfFile: pid, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(kill(watching, 0) == 0)
        kill(terminal.pid, SIGKILL)
        #expect(try await terminal.wait(seconds: 240) == .signalled(SIGKILL))
        #expect(try await TestSupport.eventually { !Self.isThere(watching) }, "it goes with its terminal")
    }

    /// Whether a process is there and has not ended.
    private static func isThere(_ pid: pid_t) -> Bool {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let state = text.split(separator: ")").last?.trimmingCharacters(in: .whitespaces).first
        else { return false }
        return state != "Z"
    }
}
