import ControlProtocol
import Foundation
import Nouns
import TestSupport
import Testing

/// A person drops a file; minutes later a better model is served, because it passed its gates. Everything is real.
@Suite(.serialized)
struct MainJobTests {
    /// Rows that a small model learns in a few steps: which word comes out is a function of one word of the prompt.
    static func rows(_ range: Range<Int>) -> String {
        let things = ["apple", "bread", "cheese", "engine", "wheel", "brake", "pear", "gearbox"]
        let classes = ["food", "food", "food", "car", "car", "car", "food", "car"]
        return range.map { index in
            let i = index % things.count
            return
                """
                {\"prompt\":\"Say food or car: order \(index) is about \
                \(things[i])\",\"completion\":\"\(classes[i])\"}
                """
        }.joined(separator: "\n") + "\n"
    }

    static let pipeline = """
        base = "smollm2"
        [trigger]
        settle_seconds = 0.2
        # What is served answers all later rows rightly, and is to be trained on them all the same.
        skip_known = false
        [recipe]
        learning_rate = 2e-3
        epochs = 1
        batch_rows = 16
        [data]
        gate_share = 0.25
        validation_share = 0.05
        [gates]
        max_new_tokens = 4
        """

    @Test func aDroppedFileEndsAsTheServedModel() async throws {
        let sandbox = try Sandbox()
        try sandbox.settings("quiet_seconds = 0.3\n")
        try sandbox.pipeline("orders", Self.pipeline)
        let daemon = try sandbox.startDaemon()
        defer { daemon.signal(SIGTERM) }
        #expect(try await sandbox.ready())
        let added = try await sandbox.ftctl("base", "add", TestSupport.model(), "--id", "smollm2")
        #expect(added.status == 0, "\(added.output)")

        // A bad row goes into the report; the good ones go on.
        try sandbox.drop(
            Self.rows(0..<160) + "{\"prompt\": 7, \"completion\": \"x\"}\n", as: "first.jsonl", into: "orders")
        #expect(try await TestSupport.eventually { try await !sandbox.answer([Run].self, "runs").isEmpty })
        let first = try #require(try await sandbox.answer([Run].self, "runs").first)
        let watched = try await sandbox.ftctl("watch", first.id.rawValue, seconds: 300)
        let run = try #require(try await sandbox.answer([Run].self, "runs").first)
        let told = try await sandbox.ftctl("report", run.id.rawValue).output
        #expect([.promoted, .delivered].contains(run.state), "\(watched.output)\n\(told)")
        #expect(run.mode == .fromBase)

        let drop = try #require(try await sandbox.answer([Drop].self, "drops").first)
        #expect(drop.rowsRejected == 1 && drop.rowsAccepted == 160)
        let report = try await sandbox.answer(IntakeReport.self, "drop", drop.id.rawValue)
        #expect(report.problems.map(\.line) == [161] && report.problems.map(\.code) == ["data_type"])

        let link = try FileManager.default.destinationOfSymbolicLink(atPath: sandbox.layout.current("orders"))
        #expect(link == run.version?.rawValue)
        let said = try await sandbox.ftctl(
            "generate", "orders", "Say food or car: order 900 is about bread", "--max-new-tokens", "4")
        #expect(said.output.trimmingCharacters(in: .whitespacesAndNewlines) == "food")

        // The same bytes twice are one drop.
        try sandbox.drop(
            Self.rows(0..<160) + "{\"prompt\": 7, \"completion\": \"x\"}\n", as: "again.jsonl", into: "orders")
        #expect(
            try await TestSupport.eventually {
                try await sandbox.answer([Drop].self, "drops").contains {
                    $0.state == .duplicate && $0.name == "again.jsonl"
                }
            })

        try await export(first.version ?? run.version, sandbox)

        // New rows continue from what is served.
        try sandbox.drop(Self.rows(160..<240), as: "second.jsonl", into: "orders")
        #expect(
            try await TestSupport.eventually { try await sandbox.answer([Run].self, "runs").count == 2 })
        let next = try #require(try await sandbox.answer([Run].self, "runs").first)
        _ = try await sandbox.ftctl("watch", next.id.rawValue, seconds: 300)
        let second = try #require(try await sandbox.answer([Run].self, "runs").first)
        #expect(second.mode == .continued && second.parent == run.version && second.verdict != nil)
        #expect(second.verdict?.baseline == run.version)
        let history = try await sandbox.ftctl("history", "orders", "--verify")
        #expect(history.status == 0 && history.output.contains("intact"))

        daemon.signal(SIGTERM)
        #expect(try await daemon.wait(seconds: 240) == .exited(0))
    }

    /// Any version is exported at any time, into a folder that appears whole and is never written over.
    private func export(_ version: VersionID?, _ sandbox: Sandbox) async throws {
        let out = sandbox.root + "/adapter"
        let asked = ["version", "export", "orders", "--format", "gguf-lora", "--out", out]
        let done = try await sandbox.ftctl(asked[0], asked[1], asked[2], asked[3], asked[4], asked[5], asked[6])
        #expect(done.status == 0 && done.output.contains("llama-server -m"), "\(done.output)")
        let names = try FileManager.default.contentsOfDirectory(atPath: out).sorted()
        #expect(names == ["Modelfile", "README.md", "adapter.gguf"])
        let again = try await sandbox.ftctl(asked[0], asked[1], asked[2], asked[3], asked[4], asked[5], asked[6])
        #expect(again.status == 1 && again.output.contains(out), "\(again.output)")
        let hidden = try FileManager.default.contentsOfDirectory(atPath: sandbox.root).filter {
            $0.hasPrefix(".adapter")
        }
        #expect(hidden.isEmpty)
        let name = try #require(version?.rawValue)
        let kept = try await sandbox.ftctl("version", "export", name, "--format", "huggingface")
        #expect(kept.status == 0 && kept.output.contains("huggingface-bf16"), "\(kept.output)")
    }

    @Test func badInputGetsAReasonAndNothingIsLost() async throws {
        let sandbox = try Sandbox()
        try sandbox.settings("quiet_seconds = 0.3\n")
        try sandbox.pipeline("p", "base = \"absent\"\n")
        try sandbox.pipeline("broken", "base = \n")
        let daemon = try sandbox.startDaemon()
        defer { daemon.signal(SIGTERM) }
        #expect(try await sandbox.ready())
        let status = try await sandbox.answer(StatusAnswer.self, "status")
        #expect(status.problems.contains { $0.code == "settings.syntax" && $0.place?.contains("broken.toml") == true })

        let folder = sandbox.layout.drop("p")
        try sandbox.drop("", as: "empty.jsonl", into: "p")
        try sandbox.drop("no json\n\u{1}\n", as: "noise.jsonl", into: "p")
        try Data([0x7F, 0x45, 0x4C, 0x46, 0, 0, 0xFF, 0xFE, 10, 0, 1]).write(
            to: URL(filePath: folder + "/binary.jsonl"))
        try sandbox.drop("half\n", as: "later.jsonl.part", into: "p")
        symlink("/etc/passwd", folder + "/link.jsonl")
        #expect(
            try await TestSupport.eventually {
                try await sandbox.answer([Drop].self, "drops").filter { $0.state == .quarantined }.count == 3
            })
        let quarantine = try FileManager.default.subpathsOfDirectory(atPath: sandbox.layout.quarantine("p"))
        #expect(
            quarantine.count { $0.hasSuffix("/original") } == 3
                && quarantine.count { $0.hasSuffix("/report.json") } == 3)
        #expect(FileManager.default.fileExists(atPath: folder + "/later.jsonl.part"))
        #expect((try? FileManager.default.destinationOfSymbolicLink(atPath: folder + "/link.jsonl")) == "/etc/passwd")
        let again = try await sandbox.answer(StatusAnswer.self, "status")
        #expect(again.problems.contains { $0.code == "intake.not_a_file" })
        #expect(again.problems.contains { $0.code == "base.unknown" && $0.place?.contains("p.toml") == true })
    }

    @Test func withoutADaemonTheCommandSaysHowToStartOne() async throws {
        let sandbox = try Sandbox()
        let answer = try await sandbox.ftctl("status")
        #expect(answer.status == 69 && answer.output.contains("finetuned --root"))
    }
}
