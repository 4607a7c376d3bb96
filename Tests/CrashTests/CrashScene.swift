import Compression
import Foundation
import Ledger
import Nouns
import Platform
import RowFiles
import StageKit
import TestSupport
import Testing

/// One daemon with a worker that needs no engine, one base, one pipeline and one dropped file; to be killed anywhere.
final class CrashScene {
    let sandbox: Sandbox
    let rows: Int
    private(set) var daemon: ChildProgram?

    init(rows: Int = 60) throws {
        self.rows = rows
        sandbox = try Sandbox()
        try sandbox.settings(
            """
            quiet_seconds = 0.1
            scan_seconds = 0.5
            minimum_free = "1M"
            [worker]
            program = "\(try TestSupport.program("fake-worker"))"
            attempts = 5
            """)
        try sandbox.pipeline(
            "tickets",
            """
            base = "tiny"
            [trigger]
            settle_seconds = 0.1
            [data]
            validation_share = 0.2
            gate_share = 0.4
            [delivery]
            exports = ["peft"]
            """)
    }

    /// Starts the daemon; again after a kill.
    func start() throws { daemon = try sandbox.startDaemon() }

    /// Registers the base and drops the file.
    func begin() async throws {
        try #require(try await sandbox.ready(), "the daemon answers: \(daemon?.output ?? "")")
        let model = sandbox.root + "/tiny.gguf"
        try Data("a base model, to the fake worker".utf8).write(to: URL(filePath: model))
        let added = try await sandbox.ftctl("base", "add", model, "--id", "tiny")
        try #require(added.status == 0, "\(added.output)")
        try drop("first.jsonl", from: 0)
    }

    /// Drops a file with the rows `from ..< from + rows`.
    func drop(_ name: String, from: Int) throws {
        let text = (from..<from + rows).map {
            "{\"prompt\": \"question number \($0)\", \"completion\": \"answer \($0 % 7)\"}"
        }.joined(separator: "\n")
        try sandbox.drop(text + "\n", as: name, into: "tickets")
    }

    /// Everything that every daemon of this scene has logged.
    var log: String { (try? String(contentsOfFile: sandbox.root + "/daemon.log", encoding: .utf8)) ?? "" }

    /// Kills the daemon as soon as it has logged `marker` for the n-th time.
    func killDaemon(at marker: String, count: Int = 1) async throws {
        let reached = try await until { self.log.components(separatedBy: marker).count > count }
        try #require(reached, "the daemon logs '\(marker)': \(log)")
        try await killDaemon()
    }

    func killDaemon() async throws {
        guard let daemon else { return }
        daemon.signal(SIGKILL)
        _ = try await daemon.wait(seconds: 240)
    }

    /// Kills the worker that works in the given folder of the run once `file` is there.
    func killWorker(in folder: String, once file: String) async throws {
        let path = sandbox.layout.run("r-000001") + folder
        let reached = try await until {
            FileManager.default.fileExists(atPath: path + "/" + file) && self.worker(path) != nil
        }
        try #require(reached, "a worker is at work in \(folder): \(log)")
        if let pid = worker(path) { kill(pid, SIGKILL) }
    }

    /// The process whose request is in `path`.
    private func worker(_ path: String) -> pid_t? {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { pid_t($0) }.first { pid in
            guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") else { return false }
            let parts = data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            return parts.first?.hasSuffix("fake-worker") == true && parts.contains(path + "/request.json")
        }
    }

    private func until(_ condition: () -> Bool) async throws -> Bool {
        let deadline = Date().addingTimeInterval(30)
        while Date() < deadline {
            if condition() { return true }
            try await Task.sleep(for: .microseconds(500))
        }
        return false
    }

    /// Waits until the pipeline serves something and its last run is delivered.
    func delivered(runs: Int = 1) async throws {
        var last: [Run] = []
        let done = try await TestSupport.eventually {
            guard let found = try? await self.sandbox.answer([Run].self, "runs") else { return false }
            last = found
            return found.count >= runs && found.first?.state == .delivered
                && found.allSatisfy { !$0.state.hasWorkLeft }
        }
        try #require(
            done,
            """
            the run is delivered; runs \(last.map { "\($0.id) \($0.state) \($0.cause?.description ?? "")" }), \
            log: \(log)
            """
        )
        #expect(last.count == runs)
    }

    /// Stops the daemon and checks what must hold whatever was killed: every row in exactly one place, one run, one
    /// promotion.
    func verify(promotions: Int = 1, drops: Int = 1) async throws {
        daemon?.signal(SIGTERM)
        #expect(try await daemon?.wait(seconds: 240) == .exited(0), "\(log)")
        let ledger = try Ledger(path: sandbox.layout.ledger)
        let all = try ledger.drops(pipeline: "tickets", limit: 100)
        #expect(all.map(\.state) == Array(repeating: .stored, count: drops), "\(all)")
        #expect(try ledger.rowCounts("tickets").values.reduce(0, +) == rows * drops)
        let run = try #require(try ledger.runs().first)
        let snapshot = try #require(try ledger.snapshot(run.snapshot))
        #expect(Set(snapshot.drops) == Set(all.map(\.id)))
        var seen: [String: Int] = [:]
        for file in snapshot.files.values.joined() {
            try RowFile.read(file.path) { row in
                if case .completion(let prompt, _) = row.content { seen[prompt, default: 0] += 1 }
            }
        }
        if drops == 1 {
            #expect(seen.count == rows)
            #expect(seen.values.allSatisfy { $0 == 1 }, "a row is twice in the snapshot")
        }
        let history = try ledger.history("tickets")
        #expect(history.count == promotions)
        #expect(try ledger.verify("tickets").intact)
        let served = try #require(history.first?.version)
        #expect(
            try FileManager.default.destinationOfSymbolicLink(atPath: sandbox.layout.current("tickets"))
                == served.rawValue)
        for adapter in try #require(try ledger.version(served)).adapters {
            #expect(try Digest.sha256(file: adapter.path + "/adapter_model.safetensors") == adapter.sha256)
        }
        let exports = try ledger.exports(served)
        #expect(exports.map(\.state) == [.done], "\(exports), \(log)")
        // Nothing half-done is left lying about.
        let left = try FileManager.default.subpathsOfDirectory(atPath: sandbox.layout.state).filter {
            $0.contains("/.claim-")
        }
        #expect(left.isEmpty, "\(left)")
    }
}
