import ControlProtocol
import Foundation
import Nouns
import Platform
import TestSupport
import Testing

/// Parent of every suite here: they start daemons on machines that are broken on purpose, one after another.
@Suite(.serialized) enum FaultTests {
    /// Mounts need root; `make test` runs as root where it tests the packages.
    static let isRoot = geteuid() == 0

    /// How many times what is a matter of chance is tried: a few in the tests, 100 with `make faults`.
    static func times(_ few: Int) -> Int {
        ProcessInfo.processInfo.environment["FINETUNED_FAULTS"] == "long" ? 100 : few
    }
}

/// A daemon with a worker that needs no engine, whose state may lie on a small file system of its own.
final class FaultScene {
    let sandbox: Sandbox
    private(set) var daemon: ChildProgram?
    /// Milliseconds of a step of the worker's training, and of a row of its evaluation.
    var pace = 10

    init(settings: String = "", pipeline: String = "") throws {
        sandbox = try Sandbox()
        try sandbox.settings(
            """
            quiet_seconds = 0.1
            scan_seconds = 0.5
            minimum_free = "1M"
            \(settings)
            [worker]
            program = "\(try TestSupport.program("fake-worker"))"
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
            \(pipeline)
            """)
    }

    /// Starts the daemon; again after it has left.
    func start(environment: [String: String] = [:]) throws { try start("", environment: environment) }

    /// Starts the daemon in a mount namespace of its own, with the state on a file system in memory.
    ///
    /// - Parameters:
    ///   - options: those of the file system, such as `size=24m`.
    ///   - script: what happens before the daemon begins, in the folder of the state.
    func start(on options: String, _ script: String = "true") throws {
        try start(
            "mount -t tmpfs -o \(options) none \(sandbox.layout.state); cd \(sandbox.layout.state); \(script); cd /",
            isolated: ["-m"])
    }

    /// Starts the daemon after a piece of shell, in the process that the shell was.
    func start(_ script: String, isolated: [String] = [], environment: [String: String] = [:]) throws {
        let program = try TestSupport.program("finetuned")
        let command = (script.isEmpty ? "" : script + "\n") + #"exec "$0" --root "$1""#
        var environment = environment
        environment["FAKE_WORKER_PACE"] = "\(pace)"
        let shell = ["sh", "-c", command, program, sandbox.root]
        let words = isolated.isEmpty ? shell : ["unshare"] + isolated + shell
        daemon = try ChildProgram(
            words[0], Array(words.dropFirst()), environment: environment, output: sandbox.root + "/daemon.log")
    }

    /// The state as the daemon sees it, wherever it lies.
    var state: String { "/proc/\(daemon?.pid ?? 0)/root" + sandbox.layout.state }

    /// Uses up the file system of the state.
    func fill() {
        let descriptor = open(state + "/filler", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        let bytes = [UInt8](repeating: 1, count: 1 << 16)
        while write(descriptor, bytes, bytes.count) > 0 {}
        while write(descriptor, bytes, 1) > 0 {}
        close(descriptor)
    }

    func makeRoom() { unlink(state + "/filler") }

    /// Registers the base.
    func addBase() async throws {
        try #require(try await sandbox.ready(), "the daemon answers: \(log)")
        let model = sandbox.root + "/tiny.gguf"
        try Data("a base model, to the fake worker".utf8).write(to: URL(filePath: model))
        let added = try await sandbox.ftctl("base", "add", model, "--id", "tiny")
        try #require(added.status == 0, "\(added.output)")
    }

    /// Drops a file of 60 rows as the daemon's own file system has it.
    func drop(_ name: String = "first.jsonl", from first: Int = 0) throws {
        let text = (first..<first + 60).map {
            "{\"prompt\": \"question number \($0)\", \"completion\": \"answer \($0 % 7)\"}\n"
        }.joined()
        let folder = state + "/drop/tickets"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try text.write(toFile: folder + "/.part", atomically: false, encoding: .utf8)
        try FileManager.default.moveItem(atPath: folder + "/.part", toPath: folder + "/" + name)
    }

    /// Everything that every daemon of this scene has logged.
    var log: String { (try? String(contentsOfFile: sandbox.root + "/daemon.log", encoding: .utf8)) ?? "" }

    func count(_ text: String) -> Int { log.components(separatedBy: text).count - 1 }

    func status() async throws -> StatusAnswer { try await sandbox.answer(StatusAnswer.self, "status") }

    func run(_ id: RunID = "r-000001") async throws -> Run {
        try await sandbox.answer(Run.self, "run", "show", id.rawValue)
    }

    /// Waits until the daemon has logged a text.
    func wait(for text: String) async throws {
        let isThere = try await TestSupport.eventually { self.log.contains(text) }
        try #require(isThere, "the daemon logs '\(text)': \(log)")
    }

    /// Waits until a problem of this code is shown, or none.
    func wait(problem code: String, isThere: Bool = true) async throws -> Failure? {
        var found: Failure?
        let isDone = try await TestSupport.eventually {
            found = try? await self.status().problems.first { $0.code == code }
            return (found != nil) == isThere
        }
        try #require(isDone, "\(code) is \(isThere ? "" : "not ")shown: \(log)")
        return found
    }

    /// Waits until the first run is delivered.
    func waitUntilDelivered() async throws {
        let isDone = try await TestSupport.eventually { (try? await self.run().state) == .delivered }
        try #require(isDone, "the run is delivered: \(log)")
    }

    /// Stops the daemon as a service manager does.
    func stop() async throws -> ChildProgram.Ending? {
        daemon?.signal(SIGTERM)
        return try await daemon?.wait(seconds: 300)
    }
}
