import ControlProtocol
import Foundation
import Launching
import Ledger
import Nouns
import Platform
import Settings
import Synchronization
import Testing
import WorkerProtocol

@testable import Experiments

/// The service against a worker made of a formula: the loss is the distance of the learning rate from 10⁻³, and falls
/// with the steps.
struct ExperimentServiceTests {
    /// A search over the learning rate; small enough to end in milliseconds.
    static func settings(_ pipeline: inout PipelineSettings) {
        pipeline.recipe.learningRate = 1e-5
        pipeline.recipe.batchRows = 8
        pipeline.automaticEpochs = false
        pipeline.recipe.epochs = 2
        pipeline.experiment.search = [SearchDimension(name: "learning_rate", kind: .logUniform(1e-6, 1e-1))]
        pipeline.experiment.trials = 9
        pipeline.experiment.adopt = .onPromotion
    }

    static func train(_ request: WorkerRequest, _ task: TrainTask) throws -> WorkerResult {
        let rate = task.recipe.learningRate ?? 0
        guard rate < 0.05 else { throw WorkerEnd.failed(Failure(code: "training.exploding", "The loss has grown.")) }
        let steps = 18
        let at = task.pauseAtStep ?? steps
        let loss = abs(log10(rate) + 3) + 2 / Double(at)
        try AtomicFile.makeFolder(request.directory + "/adapter")
        let weights = Data("\(rate)".utf8)
        try AtomicFile.write(weights, to: request.directory + "/adapter/adapter_model.safetensors")
        var event = WorkerEvent(.validation)
        event.validation = ValidationReport(step: at, loss: loss, tokenAccuracy: 0.5, best: true)
        var step = WorkerEvent(.step)
        step.step = StepReport(
            step: at, steps: steps, epoch: 1, loss: loss, gradientNorm: 1, learningRate: rate, tokens: 10 * at,
            labelTokens: 5, tokensPerSecond: 1, memoryBytes: 1)
        let old = FileManager.default.contents(atPath: request.directory + "/events.jsonl") ?? Data()
        try AtomicFile.write(
            old + ContractCoding.encode(step) + Data([10]) + ContractCoding.encode(event) + Data([10]),
            to: request.directory + "/events.jsonl")
        var result = WorkerResult()
        result.training = TrainingResult(
            adapter: AdapterReference(path: request.directory + "/adapter", sha256: Digest.sha256(weights)), steps: at,
            bestStep: at, finalLoss: loss,
            validationLoss: loss, startValidationLoss: 9, seconds: 1, tokens: 10 * at, labelTokens: 5,
            tokensPerSecond: 10, peakMemoryBytes: 1,
            paused: at < steps, machine: "m")
        return result
    }

    private func service(_ scene: Scene, _ launcher: StubLauncher) throws -> ExperimentService {
        let snapshot = try scene.snapshot()
        return ExperimentService(scene.context, launcher: launcher) { _, _, _ in snapshot }
    }

    private func play(_ service: ExperimentService) async throws {
        for _ in 0..<500 { if try await !service.pass() { return } }
        Issue.record("the experiment does not end")
    }

    private static func answer(_ request: WorkerRequest) throws -> WorkerResult {
        guard case .train(let task) = request.task else {
            throw WorkerEnd.failed(Failure(code: "test", "not asked for"))
        }
        return try train(request, task)
    }

    @Test func theWinnerMeetsTheGateOnceAndIsAdoptedWhenItIsServed() async throws {
        let scene = try Scene(pipeline: Self.settings)
        let launcher = StubLauncher { try Self.answer($0) }
        let service = try service(scene, launcher)
        let begun = try service.start("p", StartExperiment(), by: "me")
        #expect(
            #expect(throws: Failure.self) { try service.start("p", StartExperiment(), by: "me") }?.code
                == "experiment.running")
        try await play(service)
        let experiment = try #require(try scene.context.ledger.experiment(begun.id))
        #expect(experiment.state == .finished && experiment.trials.count == 9)
        let winner = try #require(experiment.trials.first { $0.number == experiment.winner })
        #expect(winner.losses.count == 3 && experiment.trials.allSatisfy { $0.running == nil })
        #expect(experiment.trials[0].values["learning_rate"] == 1e-5, "the present recipe is a trial")
        // Later rungs go on from where the earlier ones stopped, in the same folder, with the same seed and rows.
        let tasks = launcher.requests.compactMap { request -> (String, TrainTask)? in
            if case .train(let task) = request.task { (request.directory, task) } else { nil }
        }
        let own = tasks.filter { $0.0.hasSuffix("/t\(winner.number)") }
        #expect(own.map(\.1.pauseAtStep) == [2, 6, nil] && Set(own.map(\.1.recipe)).count == 1)
        #expect(own[0].1.recipe.evaluateEverySteps == 2)
        #expect(Set(tasks.map(\.1.recipe.seed)).count == 1 && Set(tasks.map(\.1.train)).count == 1)
        // No rung twice.
        #expect(Set(tasks.map { "\($0.0) \($0.1.pauseAtStep ?? 0)" }).count == tasks.count)
        let run = try #require(try experiment.run.flatMap { try scene.context.ledger.run($0) })
        #expect(run.state == .trained && run.purpose == .experiment && run.experiment == experiment.id)
        #expect(run.recipe.learningRate == winner.values["learning_rate"]?.doubleValue)
        let adapter = try #require(run.adapter)
        #expect(try Digest.sha256(file: adapter.path + "/adapter_model.safetensors") == adapter.sha256)
        #expect(FileManager.default.fileExists(atPath: scene.context.layout.events(run.id)))
        let left = try FileManager.default.contentsOfDirectory(
            atPath: ExperimentService.folder(experiment.id, scene.context))
        #expect(left == ["t\(winner.number)"], "the other trials' files are gone")
        #expect(try scene.context.ledger.runs().count == 1)
        // Not adopted before it is served.
        let pipeline = try #require(scene.context.settings.pipeline("p"))
        #expect(try scene.context.effective(pipeline).settings.recipe.learningRate == 1e-5)
        let suggestion = try #require(try scene.context.ledger.suggestion("p"))
        #expect(try scene.context.ledger.adopt(suggestion))
        #expect(
            try scene.context.effective(pipeline).settings.recipe.learningRate
                == winner.values["learning_rate"]?.doubleValue)
        #expect(try !scene.context.ledger.adopt(suggestion), "adopted once")
        // Whoever changes the recipe in the file has the last word.
        var edited = pipeline
        edited.recipe.rank = 4
        #expect(try scene.context.effective(edited).settings.recipe.learningRate == 1e-5)
    }

    @Test(.timeLimit(.minutes(10))) func aRunThatWaitsMakesTheTrialGiveWayAndTheTrialGoesOnAfterwards() async throws {
        let scene = try Scene(pipeline: Self.settings)
        let ledger = scene.context.ledger
        let isFirst = Atomic<Bool>(true)
        let launcher = StubLauncher { request in
            if isFirst.exchange(false, ordering: .relaxed) {
                // A worker at work: a run is queued now, and this one is asked to leave.
                let run = try ledger.queue(taking: []) {
                    Run(
                        id: $0, pipeline: "p", mode: .fromBase, base: "one", snapshot: "s-1", drops: [],
                        recipe: Recipe(), createdAt: Date(), requestedBy: "me")
                }
                #expect(run != nil)
                do { try await Task.sleep(for: .seconds(60)) } catch { throw WorkerEnd.interrupted }
            }
            return try Self.answer(request)
        }
        let service = try service(scene, launcher)
        let begun = try service.start("p", StartExperiment(trials: 3), by: "me")
        #expect(try await !service.pass(), "the trial gave way")
        #expect(try await !service.pass(), "and waits while the run does")
        #expect(launcher.requests.count == 1)
        #expect(try ledger.experiment(begun.id)?.trials.first?.running == 0)
        let run = try #require(try ledger.runs().first)
        _ = try ledger.apply(run.id, .cancelled(by: "me"))
        try await play(service)
        let ended = try #require(try ledger.experiment(begun.id))
        #expect(ended.state == .finished && ended.trials.count == 3)
        #expect(launcher.requests[1].directory == launcher.requests[0].directory)
    }

    @Test func aKilledDaemonGoesOnWhereTheRungTableSays() async throws {
        let scene = try Scene(pipeline: Self.settings)
        let count = Mutex(0)
        let launcher = StubLauncher { request in
            // Killed after the fifth leg: the ledger is all that is left.
            let number = count.withLock {
                $0 += 1; return $0
            }
            if number == 5 { throw CancellationError() }
            return try Self.answer(request)
        }
        let snapshot = try scene.snapshot()
        let begun = try ExperimentService(scene.context, launcher: launcher) { _, _, _ in snapshot }.start(
            "p", StartExperiment(trials: 5), by: "me")
        let first = ExperimentService(scene.context, launcher: launcher) { _, _, _ in snapshot }
        for _ in 0..<5 { _ = try await first.pass() }
        let before = try #require(try scene.context.ledger.experiment(begun.id))
        #expect(before.trials.contains { $0.running != nil })
        let again = try Ledger(path: scene.context.layout.ledger)
        #expect(try again.experiment(begun.id) == before, "another connection reads the same")
        try await play(ExperimentService(scene.context, launcher: launcher) { _, _, _ in snapshot })
        let ended = try #require(try scene.context.ledger.experiment(begun.id))
        #expect(ended.state == .finished && ended.trials.count == 5)
        // The interrupted leg was done again, no other.
        let legs = launcher.requests.compactMap { request -> String? in
            if case .train(let task) = request.task { "\(request.directory) \(task.pauseAtStep ?? 0)" } else { nil }
        }
        #expect(legs.count - Set(legs).count == 1)
    }

    @Test func stoppingAndBudgetsEndItWithAStatement() async throws {
        let scene = try Scene(pipeline: Self.settings)
        let service = try service(scene, StubLauncher { try Self.answer($0) })
        let first = try service.start("p", StartExperiment(), by: "me")
        for _ in 0..<3 { _ = try await service.pass() }
        let stopped = try service.stop(first.id, by: "me")
        #expect(stopped.state == .stopped && stopped.conclusion?.lowercased().contains("stopped by me") == true)
        #expect(#expect(throws: Failure.self) { try service.stop(first.id, by: "me") }?.code == "experiment.over")
        let second = try service.start("p", StartExperiment(tokens: 100), by: "me")
        try await play(service)
        let ended = try #require(try scene.context.ledger.experiment(second.id))
        #expect(
            ended.state == .finished && ended.conclusion?.lowercased().contains("100 tokens is spent") == true
                && ended.tokens < 400)
        #expect(
            #expect(throws: Failure.self) { try service.start("p", StartExperiment(trials: 0), by: "me") }?.place
                == "trials")
        #expect(
            #expect(throws: Failure.self) { try service.start("q", StartExperiment(), by: "me") }?.code
                == "pipeline.unknown")
    }

    @Test func aRecipeWithoutARateGetsOneFromARangeTestForEachBase() async throws {
        let scene = try Scene { pipeline in
            Self.settings(&pipeline)
            pipeline.recipe.learningRate = nil
            pipeline.experiment.search = [SearchDimension(name: "base", kind: .choice(["one", "three"]))]
        }
        let launcher = StubLauncher { request in
            var result = WorkerResult()
            switch request.task {
            case .rangeTest(let task):
                let rate = task.train.model.base == "one" ? 1e-4 : 2e-3
                result.range = RangeTestResult(
                    suggested: rate, learningRates: [rate], losses: [1], smoothed: [1], reason: "Because.")
            case .measure(let task): result.figures = ["label_tokens": task.model.base == "one" ? 100 : 50]
            default: return try Self.answer(request)
            }
            return result
        }
        let service = try service(scene, launcher)
        let begun = try service.start("p", StartExperiment(), by: "me")
        try await play(service)
        let ended = try #require(try scene.context.ledger.experiment(begun.id))
        #expect(ended.trials.count == 2 && ended.ranges.keys.sorted() == ["one", "three"])
        #expect(ended.recipe(of: ended.trials[1]).learningRate == 2e-3)
        #expect(try ended.run.flatMap { try scene.context.ledger.run($0) }?.base == "three")
        #expect(try scene.context.ledger.suggestion("p")?.base == "three")
    }

    @Test func anExperimentThatCannotGoOnHoldsUpNoOther() async throws {
        let scene = try Scene(pipeline: Self.settings)
        let snapshot = try scene.snapshot()
        var folder = scene.context.settings.now
        var other = folder.pipelines[0]
        (other.name, other.file) = ("q", "q.toml")
        folder.pipelines.append(other)
        scene.context.settings.replace(folder)
        let launcher = StubLauncher { try Self.answer($0) }
        let service = ExperimentService(scene.context, launcher: launcher) { _, _, _ in snapshot }
        let stuck = try service.start("p", StartExperiment(trials: 3), by: "me")
        let sound = try service.start("q", StartExperiment(trials: 3), by: "me")
        // Its folder cannot be made.
        try AtomicFile.makeFolder(scene.context.layout.state + "/experiments")
        try Data().write(to: URL(filePath: ExperimentService.folder(stuck.id, scene.context)))
        for _ in 0..<500 where try scene.context.ledger.experiment(sound.id)?.state == .running {
            _ = try await service.pass()
        }
        #expect(try scene.context.ledger.experiment(sound.id)?.state == .finished)
        #expect(try scene.context.ledger.experiment(stuck.id)?.state == .running)
        #expect(scene.context.problems.all(prefix: "experiments:experiment:\(stuck.id)").count == 1)
    }
}
