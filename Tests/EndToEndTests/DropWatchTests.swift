import ControlProtocol
import Foundation
import Nouns
import TestSupport
import Testing

/// `ftctl drop … --watch` as a script uses it: the exit status says what became of the data.
struct DropWatchTests {
    private static func rows(_ range: Range<Int>) -> String {
        range.map { "{\"prompt\": \"question number \($0)\", \"completion\": \"answer \($0 % 7)\"}\n" }.joined()
    }

    private static func file(_ sandbox: Sandbox, _ name: String, _ text: String) throws -> String {
        let path = sandbox.root + "/" + name
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    private static func pipeline(_ trigger: String) -> String {
        "base = \"tiny\"\n[trigger]\n\(trigger)\n[data]\nvalidation_share = 0.2\ngate_share = 0.4\n"
    }

    /// A daemon whose worker needs no engine, and a base.
    private static func start(_ sandbox: Sandbox) async throws -> ChildProgram {
        try sandbox.settings(
            """
            quiet_seconds = 0.1
            scan_seconds = 0.5
            minimum_free = "1M"
            [worker]
            program = "\(try TestSupport.program("fake-worker"))"
            """)
        // Rows are scored slowly enough that whoever watches comes before the end.
        let daemon = try sandbox.startDaemon(environment: ["FAKE_WORKER_ROW_MICROSECONDS": "50000"])
        try #require(try await sandbox.ready())
        let model = try file(sandbox, "tiny.gguf", "a base model, to the fake worker")
        let added = try await sandbox.ftctl("base", "add", model, "--id", "tiny")
        try #require(added.status == 0, "\(added.output)")
        return daemon
    }

    @Test func aRunIsFollowedToItsEndAndKnownRowsStartNone() async throws {
        let sandbox = try Sandbox()
        try sandbox.pipeline("tickets", Self.pipeline("settle_seconds = 0.1"))
        let daemon = try await Self.start(sandbox)
        defer { daemon.signal(SIGTERM) }
        let first = try Self.file(sandbox, "first.jsonl", Self.rows(0..<60))
        let watched = try await sandbox.ftctl("drop", "tickets", first, "--watch")
        let run = try #require(try await sandbox.answer([Run].self, "runs").first)
        #expect([.promoted, .delivered].contains(run.state) && watched.status == 0, "\(watched.output)")
        #expect(watched.output.contains("has the candidate answer"), "stages name their model: \(watched.output)")
        #expect(watched.output.contains(/r-000001 is (promoted|delivered)/), "\(watched.output)")

        let again = try await sandbox.ftctl("drop", "tickets", first, "--watch")
        #expect(again.status == 0 && again.output.contains("Every row is known already"), "\(again.output)")
        let bad = try Self.file(sandbox, "bad.jsonl", String(repeating: "{\"prompt\": 7}\n", count: 20))
        let refused = try await sandbox.ftctl("drop", "tickets", bad, "--watch")
        #expect(refused.status == 1 && refused.output.contains("is quarantined"), "\(refused.output)")
    }

    @Test func whereNoRunFollowsItEndsAtOnceWithTheReason() async throws {
        let sandbox = try Sandbox()
        try sandbox.pipeline("tickets", Self.pipeline("settle_seconds = 0.1\nmanual_only = true"))
        try sandbox.pipeline("slow", Self.pipeline("settle_seconds = 3600"))
        let daemon = try await Self.start(sandbox)
        defer { daemon.signal(SIGTERM) }
        let path = try Self.file(sandbox, "a.jsonl", Self.rows(0..<60))
        let waits = try await sandbox.ftctl("drop", "tickets", path, "--watch")
        #expect(waits.status == 3 && waits.output.contains("wait for `ftctl run tickets`"), "\(waits.output)")
        let late = try await sandbox.ftctl("drop", "slow", path, "--watch", "--timeout", "5")
        #expect(late.status == 3 && late.output.contains("--timeout"), "\(late.output)")

        // What comes on standard input is read as a file is.
        let ftctl = try TestSupport.program("ftctl")
        let line = "'\(ftctl)' --root '\(sandbox.root)' drop tickets - --name piped.jsonl --watch --json < '\(path)b'"
        _ = try Self.file(sandbox, "a.jsonlb", Self.rows(100..<120))
        let (ending, output) = try await ChildProgram.run("sh", ["-c", line])
        #expect(ending == .exited(3), "\(output)")
        #expect(output.contains("\"next\" : \"trigger\"") && output.contains("piped.jsonl"), "\(output)")
        let checked = try await ChildProgram.run("sh", ["-c", "'\(ftctl)' data check - < '\(path)'"])
        #expect(checked.0 == .exited(0) && checked.1.contains("60 rows read"), "\(checked.1)")
    }
}
