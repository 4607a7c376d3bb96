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

        // SIGTERM before a step: a checkpoint of the one before it, and out.
        #expect(
            try await bench.run("stopped", task(), environment: ["FINETUNED_FAULT": "term-after:step:3"]) == .exited(75)
        )
        #expect(try bench.events("stopped").dropLast().last?.checkpoint == 3)
        #expect(try await bench.run("stopped", task()) == .exited(0))
        #expect(try adapter("stopped") == expected)

        // SIGTERM before the last validation begins: it is made after the start.
        #expect(
            try await bench.run("late", task(), environment: ["FINETUNED_FAULT": "term-after:step:6"]) == .exited(75))
        #expect(try bench.events("late").dropLast().last?.checkpoint == 6)
        #expect(try await bench.run("late", task()) == .exited(0))
        #expect(try adapter("late") == expected)
        #expect(try bench.events("late").filter { $0.event == .validation }.last?.validation?.step == 6)

        // SIGINT: nobody wants the work, so nothing more is written.
        #expect(
            try await bench.run("cancelled", task(), environment: ["FINETUNED_FAULT": "cancel-after:step:3"])
                == .exited(75))
        let last = try #require(try bench.events("cancelled").last)
        #expect(last.event == .step && last.step?.step == 3)

        #expect(try await bench.run("paused", task(pauseAtStep: 3)) == .exited(0))
        let paused = try #require(try bench.result("paused").training)
        #expect(paused.paused && paused.steps == 3)
        #expect(try await bench.run("paused", task()) == .exited(0))
        #expect(try adapter("paused") == expected)
    }

    /// Work that has no checkpoint is given up as soon, and leaves nothing half done.
    @Test func everyTaskGivesUp() async throws {
        let rows = try bench.rows(label: true)
        let model = try WorkerBench.base()
        let train = TrainTask(model: model, train: [rows], validation: [], recipe: WorkerBench.recipe)
        let evaluate = EvaluateTask(
            model: model, sets: [EvaluationSet(name: "gate", files: [rows])], labels: ["meow", "woof"],
            maxNewTokens: 4, maxLength: 128)
        let conversations = (0..<3).map { [Message(role: "user", content: "Say \($0).")] }
        let tasks: [(String, WorkerTask, after: String)] = [
            ("range", .rangeTest(RangeTestTask(train: train, lowest: 1e-5, highest: 1e-2, steps: 8)), "step:2"),
            ("scoring", .evaluate(evaluate), "stage:3"), ("answering", .evaluate(evaluate), "stage:4"),
            (
                "generate", .generate(GenerateTask(model: model, conversations: conversations, maxNewTokens: 8)),
                "stage:2"
            ),
            ("score", .score(ScoreTask(model: model, rows: [rows])), "stage:2"),
            ("export", .export(ExportTask(model: model, format: .ggufQ8)), "stage:2"),
            ("verify", .export(ExportTask(model: model, format: .ggufQ8)), "stage:3"),
            ("inspect", .inspect(InspectTask(path: model.basePath, id: "b")), "stage:3"),
            ("measure", .measure(MeasureTask(model: model, rows: [rows], maxLength: 128)), "stage:2"),
        ]
        for (id, task, place) in tasks {
            let fault = ["FINETUNED_FAULT": "term-after:\(place)"]
            #expect(try await bench.run(id, task, environment: fault) == .exited(75), "\(id)")
            let events = try bench.events(id)
            #expect(!events.contains { $0.event == .result || $0.event == .failed }, "\(id)")
            let files = try FileManager.default.subpathsOfDirectory(atPath: "\(bench.folder)/\(id)")
            #expect(!files.contains { $0.hasSuffix(".tmp") || $0 == "result.json" }, "\(id): \(files)")
        }
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
        long.epochs = 1000
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
                "-c", "FINETUNED_EVENTS_FD=3 \"$0\" \"$1\" 3>>\"$2\" & wait", TestSupport.program("finetune-worker"),
                directory + "/request.json", directory + "/pipe",
            ],
            output: directory + "/log")
        try await until { try bench.events("orphan").contains { $0.event == .step } }
        parent.signal(SIGKILL)
        _ = try await parent.wait(seconds: 240)
        // The worker holds the folder's lock for as long as it lives.
        try await until { (try? FileLock(path: directory + "/events.jsonl")) != nil }
        let events = try bench.events("orphan")
        #expect(events.suffix(2).map(\.event) == [.checkpoint, .ended])
        #expect(events.last?.status == 75)
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
