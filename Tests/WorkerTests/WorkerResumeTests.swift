import Foundation
import Nouns
import Platform
import TestSupport
import Testing
import WorkerProtocol

/// Killed, stopped or paused anywhere, a run ends in the same bytes.
@Suite(.serialized)
struct WorkerResumeTests {
    let bench: WorkerBench
    init() throws { bench = try WorkerBench() }

    func task(pauseAtStep: Int? = nil) throws -> WorkerTask {
        let rows = try bench.rows()
        return .train(
            TrainTask(
                model: try WorkerBench.base(), train: [rows], validation: [rows], recipe: WorkerBench.recipe,
                pauseAtStep: pauseAtStep))
    }

    func adapter(_ id: String) throws -> Data {
        try Data(contentsOf: URL(filePath: "\(bench.folder)/\(id)/adapter/adapter_model.safetensors"))
    }

    @Test func killedStoppedAndPausedRunsEndInTheSameBytes() async throws {
        #expect(try await bench.run("whole", task()) == .exited(0))
        let expected = try adapter("whole")

        for fault in ["kill-after:checkpoint:1", "kill-after:step:5", "kill-before:result"] {
            let id = "killed-" + fault.replacingOccurrences(of: ":", with: "-")
            #expect(try await bench.run(id, task(), environment: ["FINETUNED_FAULT": fault]) == .signalled(SIGKILL))
            #expect(try await bench.run(id, task()) == .exited(0))
            #expect(try adapter(id) == expected, "\(fault)")
        }

        // SIGTERM in the middle of a step: a checkpoint at its end, and out.
        #expect(
            try await bench.run("stopped", task(), environment: ["FINETUNED_FAULT": "term-after:step:3"]) == .exited(75)
        )
        #expect(try bench.events("stopped").last?.checkpoint == 3)
        #expect(try await bench.run("stopped", task()) == .exited(0))
        #expect(try adapter("stopped") == expected)

        #expect(try await bench.run("paused", task(pauseAtStep: 3)) == .exited(0))
        let paused = try #require(try bench.result("paused").training)
        #expect(paused.paused && paused.steps == 3)
        #expect(try await bench.run("paused", task()) == .exited(0))
        #expect(try adapter("paused") == expected)
    }

    @Test func aCheckpointOfOtherRowsIsRefused() async throws {
        #expect(try await bench.run("other", task(pauseAtStep: 2)) == .exited(0))
        let rows = try bench.rows(8, name: "fewer.jsonl")
        var recipe = WorkerBench.recipe
        recipe.seed = 99
        let task = TrainTask(model: try WorkerBench.base(), train: [rows], validation: [], recipe: recipe)
        #expect(try await bench.run("other", .train(task)) != .exited(0))
        #expect(try bench.failure("other")?.code == "training.checkpoint_mismatch")
    }

    @Test func aKilledParentLeavesNoOrphan() async throws {
        var long = WorkerBench.recipe
        long.epochs = 2000
        let rows = try bench.rows()
        let directory = bench.folder + "/orphan"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let request = WorkerRequest(
            id: "orphan", directory: directory,
            task: .train(TrainTask(model: try WorkerBench.base(), train: [rows], validation: [], recipe: long)),
            threads: 2)
        try ContractCoding.encode(request).write(to: URL(filePath: directory + "/request.json"))
        // Descriptor 3 is a file, so that no closed pipe tells the worker either.
        let parent = try ChildProgram(
            "/bin/sh",
            [
                "-c", "\"$0\" \"$1\" 3>>\"$2\" & wait", TestSupport.program("finetune-worker"),
                directory + "/request.json", directory + "/pipe",
            ],
            output: directory + "/log")
        try await until { try bench.events("orphan").contains { $0.event == .step } }
        parent.signal(SIGKILL)
        _ = try await parent.wait(seconds: 60)
        // The worker holds the folder's lock for as long as it lives.
        try await until { (try? FileLock(path: directory + "/events.jsonl")) != nil }
        let events = try bench.events("orphan")
        #expect(events.last?.event == .checkpoint)
        #expect(!events.contains { $0.event == .result })
    }

    func until(_ condition: () throws -> Bool) async throws {
        for _ in 0..<6000 {
            if (try? condition()) == true { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("waited in vain")
    }
}
