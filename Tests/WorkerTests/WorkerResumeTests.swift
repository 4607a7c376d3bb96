import Contracts
import Foundation
import TestSupport
import Testing

/// Killed, stopped or paused anywhere, a run ends in the same bytes.
@Suite(.serialized)
struct WorkerResumeTests {
    let bench: WorkerBench
    init() throws { bench = try WorkerBench() }

    func task(pauseAtStep: Int? = nil) throws -> WorkerTask {
        let rows = try bench.rows()
        return .train(
            TrainTask(
                model: try WorkerBench.base(), train: [rows], validation: [rows], recipe: WorkerBench.recipe, pauseAtStep: pauseAtStep))
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
        #expect(try await bench.run("stopped", task(), environment: ["FINETUNED_FAULT": "term-after:step:3"]) == .exited(75))
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
}
