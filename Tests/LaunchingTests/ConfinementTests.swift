import Foundation
import Nouns
import Places
import Platform
import Settings
import TestSupport
import Testing
import WorkerProtocol

@testable import Launching

/// What programs of the daemon can read, change and leave behind; each is a few lines of shell.
@Suite(.enabled(if: Confinement.isEnforced, "this kernel has no Landlock"))
struct ConfinementTests {
    let sandbox: Sandbox
    init() throws {
        sandbox = try Sandbox()
        let layout = sandbox.layout
        for (path, text) in [
            layout.ledger: "ledger", layout.models("own") + "/file": "own model",
            layout.models("other") + "/file": "other model", layout.base("tiny") + "/file": "base",
            sandbox.root + "/secret": "secret", layout.settings + "/plain": "settings",
            layout.run("r-000001") + "/file": "run", layout.run("r-000002") + "/file": "other run",
        ] {
            try FileManager.default.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(filePath: path))
        }
        // Without it nothing would be confined.
        _ = try TestSupport.program("finetuned")
    }

    private var settings: SettingsFolder {
        var folder = SettingsFolder()
        var pipeline = PipelineSettings(name: "own", file: sandbox.layout.pipelineFile("own"), base: "tiny")
        pipeline.delivery.webhookSecretFile = sandbox.root + "/secret"
        folder.pipelines = [pipeline]
        return folder
    }

    private func confinement(writing writable: [String] = []) -> Confinement {
        Confinement(
            sandbox.layout, settings, of: "own", reading: [sandbox.layout.run("r-000001")], writing: writable)
    }

    private func run(
        _ script: String, writing writable: [String] = [], seconds: Double = 60, keeping: Int = 100_000
    ) async throws -> HookProgram.Ending {
        try await HookProgram.run(
            ["/bin/sh", "-c", script], event: Data("{}".utf8), folder: sandbox.layout.hooks, name: "test",
            seconds: seconds, keeping: keeping, confinement: confinement(writing: writable))
    }

    @Test func itReadsItsPipelinesOwnAndNothingElseOfTheState() async throws {
        let layout = sandbox.layout
        let script = [
            layout.ledger, layout.models("own") + "/file", layout.models("other") + "/file",
            layout.base("tiny") + "/file", sandbox.root + "/secret", layout.settings + "/plain",
            layout.run("r-000001") + "/file", layout.run("r-000002") + "/file", "/proc/$PPID/../1/environ",
        ].map { "cat \($0); echo" }.joined(separator: "\n")
        let ending = try await run(script + "\nls \(layout.state); ls \(layout.models("own"))")
        let said = String(decoding: ending.printed, as: UTF8.self)
        #expect(said.split(separator: "\n") == ["own model", "base", "settings", "run", "file"], "\(said)")
    }

    @Test func itChangesItsWorkFolderAndWhatSettingsName() async throws {
        let free = sandbox.root + "/free"
        try FileManager.default.createDirectory(atPath: free, withIntermediateDirectories: true)
        let layout = sandbox.layout
        let places = [
            layout.models("own") + "/new", sandbox.root + "/new", layout.settings + "/plain", free + "/new", "here",
            "$TMPDIR/there", "/dev/null",
        ]
        let script = places.map { "{ echo x > \($0); } 2>/dev/null && echo \($0)" }.joined(separator: "\n")
        let ending = try await run(
            script + "\nrm -f \(layout.models("own"))/file && test ! -e \(layout.models("own"))/file && echo removed",
            writing: [free])
        let said = String(decoding: ending.printed, as: UTF8.self).split(separator: "\n")
        #expect(said.count == 4 && said[0] == free + "/new" && said[1] == "here" && said[3] == "/dev/null", "\(said)")
        #expect(FileManager.default.fileExists(atPath: layout.models("own") + "/file"))
        // The work folder is gone.
        #expect(try FileManager.default.contentsOfDirectory(atPath: layout.hooks) == ["test.log"])
    }

    @Test func itsEnvironmentIsClean() async throws {
        let ending = try await run("env | cut -d= -f1 | sort")
        let names = String(decoding: ending.printed, as: UTF8.self).split(separator: "\n").map(String.init)
        #expect(Set(names).isSubset(of: ["HOME", "LANG", "PATH", "TMPDIR", "PWD", "_", "OLDPWD", "SHLVL"]), "\(names)")
    }

    @Test func outputIsBounded() async throws {
        let ending = try await run(
            "head -c 9000000 /dev/zero; head -c 9000000 /dev/zero >&2; echo last >&2", keeping: 1000)
        #expect(ending.succeeded && ending.printed.count == 1000)
        let log = try Data(contentsOf: URL(filePath: sandbox.layout.hooks + "/test.log"))
        #expect(log.count == (64 << 10) + 1000)
    }

    /// Whoever is started by it, also with SIGTERM ignored, ends with it.
    @Test func theWholeGroupEndsAtTheTimeLimit() async throws {
        let pids = sandbox.root + "/pids"
        // Where the machine is so busy that nothing has begun yet, it is tried once more with more time.
        for seconds in [1.0, 10, 100] {
            guard try Self.pids(pids).count < 2 else { break }
            try? FileManager.default.removeItem(atPath: pids)
            let ending = try await run(
                """
                (trap '' TERM; while :; do sleep 1; done) & echo $! >> \(pids)
                sleep 1000 & echo $! >> \(pids)
                wait
                """, writing: [sandbox.root], seconds: seconds)
            #expect(ending.timedOut && !ending.succeeded)
        }
        let started = try Self.pids(pids)
        #expect(started.count == 2)
        for pid in started {
            #expect(try await TestSupport.eventually { !Self.isAlive(pid) }, "\(pid) lives on")
        }
    }

    /// The daemon's end, seen from the program: a process between the two is killed.
    @Test func theWholeGroupEndsWithTheDaemon() async throws {
        let pids = sandbox.root + "/pids"
        let command = confinement(writing: [sandbox.root]).command(
            ["/bin/sh", "-c", "sleep 1000 & echo $! >> \(pids); echo $$ >> \(pids); wait"], isGuarded: true)
        // As the daemon does it: in a group of its own, from a process that then is no more.
        let quoted = command.map { "'\($0.replacing("'", with: "'\\''"))'" }.joined(separator: " ")
        let starter = try ChildProgram("/bin/bash", ["-c", "set -m; \(quoted) & wait"], output: sandbox.root + "/log")
        _ = try await TestSupport.eventually { try Self.pids(pids).count == 2 }
        let started = try Self.pids(pids)
        #expect(started.count == 2 && started.allSatisfy(Self.isAlive))
        starter.signal(SIGKILL)
        for pid in started {
            #expect(try await TestSupport.eventually { !Self.isAlive(pid) }, "\(pid) lives on")
        }
    }

    @Test func itsStatusIsPassedOn() async throws {
        #expect(try await run("exit 7").status == 7)
        #expect(try await run("kill -9 $$").status == nil)
        let missing = try await HookProgram.run(
            ["/nonexistent/program"], event: Data(), folder: sandbox.layout.hooks, name: "none", seconds: 60,
            confinement: confinement())
        #expect(missing.status == 127 && missing.output.contains("/nonexistent/program"), "\(missing)")
    }

    @Test func aWorkerReadsWhatItsRequestNames() throws {
        let layout = sandbox.layout
        let request = WorkerRequest(
            id: "x", directory: layout.run("r-000001"),
            task: .inspect(InspectTask(path: layout.base("tiny") + "/file", id: "tiny")))
        let confinement = try Confinement(layout, settings, for: request)
        #expect(confinement.hidden == [layout.state, sandbox.root + "/secret"])
        #expect(confinement.readable.contains(layout.base("tiny") + "/file"))
        #expect(!confinement.readable.contains(layout.runs))
        #expect(confinement.writable == [layout.run("r-000001")])
    }

    @Test func aFolderOfManyFilesIsReadAsAWhole() throws {
        let layout = sandbox.layout
        let shards = layout.shards("p")
        func readable(_ count: Int) throws -> Set<String> {
            let rows = (0..<count).map { FileReference(path: shards + "/\($0).jsonl.zst", sha256: "", bytes: 1) }
            let task = MeasureTask(
                model: ModelReference(basePath: layout.base("tiny") + "/file", base: "tiny", baseDigest: ""),
                rows: rows, maxLength: 8)
            let request = WorkerRequest(id: "x", directory: layout.run("r-000001"), task: .measure(task))
            return Set(try Confinement(layout, settings, for: request).readable)
        }
        let few = try readable(Confinement.filesOfFolder)
        #expect(few.contains(shards + "/0.jsonl.zst") && !few.contains(shards))
        let many = try readable(10_000)
        #expect(many.contains(shards) && !many.contains(shards + "/0.jsonl.zst"))
        // A command line of more than two megabytes is refused by the kernel.
        #expect(many.count < Confinement.filesOfFolder)
    }

    @Test func pathsAreValuesAndNoPartsOfTexts() throws {
        let texts = [
            "/state/a", "/state/with \"quotes\" and \\", "say \"/state/secret\" aloud", "\\\"/state/secret",
            "/statement", "see /state/secret", "/state/ü",
        ]
        let found = try Confinement.paths(in: ContractCoding.encode(["key": texts]), below: "/state")
        #expect(found == ["/state/a", "/state/with \"quotes\" and \\", "/state/ü"])
    }

    private static func pids(_ path: String) throws -> [Int32] {
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { Int32($0) }
    }

    private static func isAlive(_ pid: Int32) -> Bool {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return false }
        return !text.contains(") Z ")
    }
}
