import Foundation
import Launching
import Nouns
import Settings
import Synchronization
import TestSupport
import Testing
import WorkerProtocol

extension EngineRoster {
    /// The program of a kind of work that no request gives to an engine of its own.
    fileprivate func program(_ kind: WorkerTask.Kind) async throws -> String {
        let model = ModelReference(basePath: "/b", base: "b", baseDigest: "d")
        let train = TrainTask(model: model, train: [], validation: [], recipe: Recipe())
        let task: WorkerTask =
            switch kind {
            case .evaluate: .evaluate(EvaluateTask(model: model, sets: []))
            case .score: .score(ScoreTask(model: model, rows: []))
            case .export: .export(ExportTask(model: model, format: .peft))
            default: .train(train)
            }
        return try await command(for: WorkerRequest(id: "t", directory: "/d", task: task))[0]
    }
}

/// Which engine does which work; each engine is a few lines of shell.
struct EngineRosterTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    /// A program that answers `--describe` and counts how often it was asked.
    func engine(_ name: String, tasks: [WorkerTask.Kind], protocolVersion: Int = 1) async throws -> String {
        var description = EngineDescription(
            tasks: tasks, architectures: ["llama"], methods: [.lora], devices: ["cpu"], versions: [:])
        description.protocolVersion = protocolVersion
        let answer = String(decoding: try ContractCoding.encode(description), as: UTF8.self)
        return try await program(name, "echo '\(answer)'")
    }

    func program(_ name: String, _ script: String) async throws -> String {
        try await sandbox.script(name, "echo x >> '\(sandbox.root)/\(name).asked'\n\(script)")
    }

    func asked(_ path: String) -> Int {
        FileManager.default.contents(atPath: path + ".asked").map { $0.count / 2 } ?? 0
    }

    func roster(_ standard: String, _ engines: [EngineSettings] = []) -> EngineRoster {
        var settings = SettingsFolder()
        settings.daemon.engines = engines
        return EngineRoster(folder: sandbox.root + "/engines", standard: standard) { [settings] in settings }
    }

    func end(_ body: () async throws -> String) async -> WorkerEnd? {
        do {
            _ = try await body()
            return nil
        } catch { return error as? WorkerEnd }
    }

    @Test func workGoesToTheEngineThatClaimsIt() async throws {
        let standard = try await engine("standard", tasks: WorkerTask.Kind.allCases)
        let gpu = try await engine("gpu", tasks: [.evaluate, .score, .train])
        let roster = roster(standard, [EngineSettings(name: "gpu", program: gpu, tasks: [.evaluate, .score])])
        #expect(try await roster.program(.evaluate) == gpu)
        #expect(try await roster.program(.score) == gpu)
        #expect(try await roster.program(.train) == standard)
        #expect(await roster.faults().isEmpty)
    }

    @Test func aProgramIsAskedOnceAndAgainWhenItChanges() async throws {
        let path = try await engine("standard", tasks: [.train])
        let roster = roster(path)
        try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<8 { group.addTask { try await roster.program(.train) } }
            try await group.waitForAll()
        }
        #expect(asked(path) == 1)
        _ = try await engine("standard", tasks: [.train, .evaluate])
        #expect(try await roster.program(.evaluate) == path)
        #expect(asked(path) == 2)
    }

    @Test func anEngineOfAnotherProtocolIsRefused() async throws {
        let path = try await engine("standard", tasks: [.train], protocolVersion: 2)
        let roster = roster(path)
        let end = await end { try await roster.program(.train) }
        guard case .failed(let failure) = end else {
            Issue.record("\(String(describing: end))")
            return
        }
        #expect(failure.code == "engine.protocol" && failure.place == path)
        #expect(await roster.faults().mapValues(\.code) == ["worker": "engine.protocol"])
    }

    @Test func anEngineThatDoesNotDescribeItsTaskIsAFault() async throws {
        let standard = try await engine("standard", tasks: [.train])
        let small = try await engine("small", tasks: [.evaluate])
        let roster = roster(standard, [EngineSettings(name: "small", program: small, tasks: [.evaluate, .score])])
        #expect(await roster.faults().mapValues(\.code) == ["small": "engine.task"])
        #expect(await end { try await roster.program(.score) }?.failure?.message.contains("'score'") == true)
        #expect(await end { try await roster.program(.export) }?.failure?.message.contains("'worker'") == true)
        #expect(try await roster.program(.evaluate) == small)
    }

    @Test(arguments: ["exit 3", "echo hello", "cat; echo '{'", "kill -9 $$"])
    func anEngineThatSaysNothingOfItselfIsRefusedAndAskedAgain(script: String) async throws {
        let path = try await program("mute", script)
        let roster = roster(path)
        for count in 1...2 {
            let end = await end { try await roster.program(.train) }
            guard case .died(let failure) = end else {
                Issue.record("\(String(describing: end))")
                return
            }
            #expect(failure.code == "engine.no_description")
            #expect(asked(path) == count)
        }
        let left = try FileManager.default.contentsOfDirectory(atPath: sandbox.root + "/engines")
        #expect(left.isEmpty, "nothing is left lying about")
    }

    @Test func aProgramThatIsNotThereIsAFault() async throws {
        let roster = roster("/nonexistent/worker")
        #expect(await roster.faults().mapValues(\.code) == ["worker": "worker.not_started"])
    }
}
