import Foundation
import Launching
import Nouns
import Platform
import TestSupport
import Testing
import WorkerProtocol

/// A result is looked at before anybody believes it.
struct EngineResultTests {
    let sandbox: Sandbox
    let folder: String
    private static let weights = Data("weights".utf8)

    init() throws {
        sandbox = try Sandbox()
        folder = sandbox.root + "/run"
        try write(folder + "/adapter")
    }

    private func write(_ path: String, rank: Int = 16, alpha: Double = 32) throws {
        try AtomicFile.makeFolder(path)
        try AtomicFile.write(Self.weights, to: path + "/adapter_model.safetensors")
        try AtomicFile.write(
            Data("{\"r\": \(rank), \"lora_alpha\": \(alpha), \"use_rslora\": false}".utf8),
            to: path + "/adapter_config.json")
    }

    private func checked(
        pause: Int? = nil, validation: Bool = false, _ change: (inout TrainingResult) -> Void = { _ in }
    ) throws -> TrainingResult {
        var task = TrainTask(
            model: ModelReference(basePath: "/b", base: "b", baseDigest: "d"), train: [], validation: [],
            recipe: Recipe(), pauseAtStep: pause)
        if validation { task.validation = [FileReference(path: "/v", sha256: "s", bytes: 1)] }
        let request = WorkerRequest(id: "r-1", directory: folder, task: .train(task))
        var result = WorkerResult()
        var training = TrainingResult(
            adapter: AdapterReference(path: "adapter", sha256: Digest.sha256(Self.weights)), steps: 4, bestStep: 4,
            finalLoss: 1, seconds: 1, tokens: 1, labelTokens: 1, tokensPerSecond: 1, peakMemoryBytes: 1, machine: "m")
        change(&training)
        result.training = training
        return try EngineResult(request, task).checked(result)
    }

    private func refused(_ what: String, validation: Bool = false, _ change: (inout TrainingResult) -> Void) {
        let failure = #expect(throws: Failure.self) { try checked(validation: validation, change) }
        #expect(failure?.code == "engine.result" && failure?.remedy != nil)
        #expect(failure?.message.contains(what) == true, "\(failure?.message ?? "")")
    }

    @Test func aSoundResultNamesItsFilesByAbsolutePathsAndBothDigests() throws {
        let adapter = try checked().adapter
        #expect(adapter.path == folder + "/adapter")
        #expect(try adapter.configuration == Digest.sha256(file: folder + "/adapter/adapter_config.json"))
        #expect(try checked { $0.adapter.path = folder + "/adapter" }.adapter == adapter)
        #expect(try checked(pause: 4) { $0.paused = true }.paused)
    }

    @Test func aFolderElsewhereIsRefused() throws {
        try write(sandbox.root + "/elsewhere")
        for path in ["../elsewhere", sandbox.root + "/elsewhere", ".", "", "adapter/../../elsewhere"] {
            refused("outside") { $0.adapter.path = path }
        }
        symlink("../elsewhere", folder + "/link")
        refused("outside") { $0.adapter.path = "link" }
        symlink("adapter", folder + "/inside")
        refused("not there") { $0.adapter.path = "inside" }
        refused("not there") { $0.adapter.path = "absent" }
    }

    @Test func otherBytesThanItSaysAreRefused() throws {
        refused("SHA-256") { $0.adapter.sha256 = Digest.sha256(Data()) }
        refused("SHA-256") { $0.adapter.configuration = Digest.sha256(Data()) }
        let weights = folder + "/adapter/adapter_model.safetensors"
        try FileManager.default.moveItem(atPath: weights, toPath: folder + "/w")
        refused("did not write") { _ in }
        symlink("../w", weights)
        refused("did not write") { _ in }
    }

    @Test func anAdapterOfAnotherScaleIsRefused() throws {
        try write(folder + "/adapter", alpha: 64)
        refused("lora_alpha = 64.0") { _ in }
        try write(folder + "/adapter", rank: 8)
        refused("r = 8.0") { _ in }
        try AtomicFile.write(Data("no".utf8), to: folder + "/adapter/adapter_config.json")
        refused("no JSON object") { _ in }
    }

    @Test func aCurveIsReadByTheDaemonAndOneThatIsNoneRefused() throws {
        let model = ModelReference(basePath: "/b", base: "b", baseDigest: "d")
        let task = TrainTask(model: model, train: [], validation: [], recipe: Recipe())
        let sweep = RangeTestTask(train: task, lowest: 1e-6, highest: 1e-1, steps: 41)
        let request = WorkerRequest(id: "r", directory: folder, task: .rangeTest(sweep))
        let rates = (0..<41).map { 1e-6 * pow(1e5, Double($0) / 40) }
        let losses = rates.map { 8 - 7 / (1 + exp(-4 * (log10($0) + 3.5))) }
        func read(_ rates: [Double], _ losses: [Double]) throws -> RangeTestResult {
            var result = WorkerResult()
            result.range = RangeTestResult(
                suggested: 0.5, learningRates: rates, losses: losses, smoothed: [], reason: "Because.")
            return try EngineResult(request, task).curve(result, of: sweep)
        }
        let found = try read(rates, losses)
        #expect(found == RangeTestRules.read(rates, losses, lowest: 1e-6) && found.suggested != 0.5)
        for (bad, worse) in [
            (rates, Array(losses.dropLast())), (rates.reversed(), losses), (rates.map { $0 * 10 }, losses),
            (rates, losses.map { _ in .nan }), (rates + [0.1], losses + [1]),
        ] {
            let failure = #expect(throws: Failure.self) { try read(bad, worse) }
            #expect(failure?.code == "engine.result")
        }
        #expect(throws: Failure.self) { try EngineResult(request, task).curve(WorkerResult(), of: sweep) }
    }

    @Test func figuresThatAreNoneAreRefused() throws {
        refused("finalLoss") { $0.finalLoss = .nan }
        refused("tokensPerSecond") { $0.tokensPerSecond = -1 }
        refused("steps") { $0.steps = 0 }
        refused("best") { $0.bestStep = 5 }
        refused("paused") { $0.paused = true }
        refused("no validation loss", validation: true) { _ in }
        let request = WorkerRequest(id: "r", directory: folder, task: .inspect(InspectTask(path: "x", id: "x")))
        let task = TrainTask(
            model: ModelReference(basePath: "/b", base: "b", baseDigest: "d"), train: [], validation: [],
            recipe: Recipe())
        #expect(throws: Failure.self) { try EngineResult(request, task).checked(WorkerResult()) }
    }
}
