import Foundation
import Nouns
import Tensors
import Testing
import Transformers

@testable import Training

/// A run that is stopped and started again must end with the very bytes of one that was not.
struct ResumeTests {
    /// What a stopped loop throws.
    struct Stopped: Error {}

    /// Two epochs over 40 rows in batches of `batchRows`, with activations for 128 tokens at a time.
    func loop(
        _ folder: String, noisy: Bool, full: Bool = false, pairs: Bool = false, batchRows: Int = 9,
        patience: Int? = nil, served: Bool = false, family: String = "llama", enough: EnoughRule? = nil,
        epochs: Double = 2,
        interruption: @escaping Interruption = {}, report: @escaping (TrainLoop.Event) -> Void = { _ in },
        endOfEpoch: @escaping (TrainLoop.EpochEnd, any Trainable) -> Void = { _, _ in }
    )
        throws -> (TrainLoop, any Trainable)
    {
        let model = try TinyModel.make(#require(ModelConfiguration.Family(architecture: family)))
        var recipe = Recipe()
        recipe.rank = 4
        recipe.batchRows = batchRows
        recipe.patience = patience
        recipe.epochs = epochs
        recipe.checkpointEverySteps = 3
        recipe.evaluateEverySteps = 2
        recipe.learningRate = 5e-3
        if noisy {
            (recipe.adapterDropout, recipe.dropout, recipe.neftuneAlpha, recipe.startDecay) = (0.1, 0.1, 3, 0.01)
        }
        // A start that is not the base: a reference that is the base by mistake would show.
        let adapter = served ? try TinyModel.adapter(model) : try AdapterStart.fresh(recipe, for: model)
        let parameters: any Trainable = full ? try TrainableWeights(model) : adapter
        func rows(_ count: Int, seed: UInt64) -> [TrainingExample] {
            pairs
                ? PreferenceGradientTests.examples(count, seed: seed)
                : TinyModel.sequences(count, seed: seed).map { .answer($0) }
        }
        let loop = try TrainLoop(
            model: model, parameters: parameters, recipe: recipe, enough: enough, train: rows(40, seed: 9),
            validation: rows(24, seed: 31), folder: folder, fingerprint: "f", start: "s",
            team: ThreadTeam(threads: 2), memoryBytes: 1, report: report,
            endOfEpoch: { endOfEpoch($0, parameters) }, interruption: interruption)
        return (loop, parameters)
    }

    func temporaryFolder() throws -> String {
        let folder = NSTemporaryDirectory() + "/resume-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return folder
    }

    func bytes(_ parameters: any Trainable) -> [UInt32] {
        (0..<parameters.count).map { parameters.values.pointer[$0].bitPattern }
    }

    @Test(arguments: [
        ("llama", false, false), ("llama", false, true), ("llama", true, false), ("llama", true, true),
        ("lfm2", true, false), ("lfm2", false, true), ("qwen3_5", true, false), ("qwen3_5", false, true),
    ])
    func stoppedBetweenAnyStepsEndsWithTheSameBytes(family: String, noisy: Bool, full: Bool) throws {
        let folder = try temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (straight, expected) = try loop(folder, noisy: noisy, full: full, family: family)
        _ = try straight.run()
        for stop in 1..<straight.steps {
            let own = try temporaryFolder()
            defer { try? FileManager.default.removeItem(atPath: own) }
            nonisolated(unsafe) var done = 0
            nonisolated(unsafe) var written: Int?
            let (first, _) = try loop(
                own, noisy: noisy, full: full, family: family,
                interruption: { if done >= stop { throw Stopped() } },
                report: {
                    if case .step = $0 { done += 1 }
                    if case .checkpoint(let step) = $0 { written = step }
                })
            #expect(throws: Stopped.self) { try first.run() }
            #expect(written == stop)
            let (second, adapter) = try loop(own, noisy: noisy, full: full, family: family)
            _ = try second.run()
            #expect(bytes(adapter) == bytes(expected), "stopped at step \(stop)")
        }
    }

    /// Of a run that is stopped anywhere, each epoch's end is told with the weights of one that was not.
    @Test func theEndsOfEpochsAreTheSameWhereverARunIsStopped() throws {
        func ends(_ stop: Int?) throws -> [Int: [UInt32]] {
            let folder = try temporaryFolder()
            defer { try? FileManager.default.removeItem(atPath: folder) }
            var found: [Int: [UInt32]] = [:]
            nonisolated(unsafe) var done = 0
            let (first, _) = try loop(
                folder, noisy: false, interruption: { if let stop, done >= stop { throw Stopped() } },
                report: { if case .step = $0 { done += 1 } },
                endOfEpoch: { found[$0.step] = bytes($1) })
            do { _ = try first.run() } catch is Stopped {
                let (second, _) = try loop(folder, noisy: false, endOfEpoch: { found[$0.step] = bytes($1) })
                _ = try second.run()
            }
            return found
        }
        let expected = try ends(nil)
        #expect(expected.keys.sorted() == [5, 10])
        for stop in [1, 5, 6, 9] { #expect(try ends(stop) == expected, "stopped at step \(stop)") }
    }

    /// Every place where a run can be stopped: before each micro-batch of each step and of each validation.
    @Test(arguments: [(false, false), (true, true)])
    func stoppedBeforeAnyMicroBatchEndsWithTheSameBytes(noisy: Bool, full: Bool) throws {
        let folder = try temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        nonisolated(unsafe) var places = 0
        nonisolated(unsafe) var expectedLosses: [Double] = []
        let (straight, expected) = try loop(
            folder, noisy: noisy, full: full, batchRows: 20, interruption: { places += 1 },
            report: { if case .validation(let report) = $0 { expectedLosses.append(report.loss) } })
        let result = try straight.run()
        #expect(straight.steps == 4 && expectedLosses.count == 3)
        // One place at each step's beginning, and two micro-batches or more in each step and each validation.
        #expect(places >= 4 * 3 + 3 * 2)
        for stop in 1...places {
            let own = try temporaryFolder()
            defer { try? FileManager.default.removeItem(atPath: own) }
            nonisolated(unsafe) var asked = 0
            nonisolated(unsafe) var done = 0
            nonisolated(unsafe) var written = 0
            nonisolated(unsafe) var losses: [Double] = []
            func note(_ event: TrainLoop.Event) {
                switch event {
                case .step: done += 1
                case .checkpoint(let step): written = step
                case .validation(let report): losses.append(report.loss)
                case .reference: break
                }
            }
            let (first, _) = try loop(
                own, noisy: noisy, full: full, batchRows: 20,
                interruption: {
                    asked += 1
                    if asked == stop { throw Stopped() }
                }, report: note)
            #expect(throws: Stopped.self) { try first.run() }
            #expect(asked == stop && written == done, "place \(stop): the last whole step is on disk")
            let (second, adapter) = try loop(own, noisy: noisy, full: full, batchRows: 20, report: note)
            let resumed = try second.run()
            #expect(bytes(adapter) == bytes(expected), "stopped at place \(stop)")
            #expect(
                done == 4 && losses == expectedLosses, "place \(stop): no step and no validation twice, none left out")
            #expect(resumed.bestStep == result.bestStep && resumed.validationLoss == result.validationLoss)
        }
    }

    @Test func aStopInTheValidationThatEndsARunEndsItAfterwards() throws {
        let folder = try temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        nonisolated(unsafe) var steps = 0
        nonisolated(unsafe) var losses: [Double] = []
        let (straight, expected) = try loop(
            folder, noisy: false, patience: 1,
            report: { if case .validation(let report) = $0 { losses.append(report.loss) } })
        let result = try straight.run()
        let last = result.steps
        try #require(last < straight.steps, "patience ends the run early")
        let own = try temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: own) }
        let (first, _) = try loop(
            own, noisy: false, patience: 1, interruption: { if steps == last { throw Stopped() } },
            report: { if case .step = $0 { steps += 1 } })
        #expect(throws: Stopped.self) { try first.run() }
        let (second, adapter) = try loop(own, noisy: false, patience: 1)
        #expect(try second.run().steps == last)
        #expect(bytes(adapter) == bytes(expected))
    }

    /// Rows of both kinds, from a served adapter or the model's own weights: the start is measured once, also where the
    /// run is stopped, and what came of it is the same to the last bit.
    @Test(arguments: [false, true])
    func pairsAreComparedWithTheSameStartAfterAStop(full: Bool) throws {
        let folder = try temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        nonisolated(unsafe) var first: Double?
        let (straight, expected) = try loop(
            folder, noisy: true, full: full, pairs: true, served: true,
            report: { if case .validation(let report) = $0, first == nil { first = report.preference?.loss } })
        let result = try straight.run()
        #expect(abs((first ?? 0) - log(2)) < 1e-5, "before the first step the model is its own reference")
        #expect(result.validationTokenLoss != nil)
        for stop in 1..<straight.steps {
            let own = try temporaryFolder()
            defer { try? FileManager.default.removeItem(atPath: own) }
            nonisolated(unsafe) var done = 0
            nonisolated(unsafe) var measured = 0
            func note(_ event: TrainLoop.Event) {
                if case .step = event { done += 1 }
                if case .reference(let pairs, let all) = event, pairs == all { measured += 1 }
            }
            let (broken, _) = try loop(
                own, noisy: true, full: full, pairs: true, served: true,
                interruption: { if done >= stop { throw Stopped() } }, report: note)
            #expect(throws: Stopped.self) { try broken.run() }
            let (second, parameters) = try loop(own, noisy: true, full: full, pairs: true, served: true, report: note)
            let resumed = try second.run()
            #expect(bytes(parameters) == bytes(expected), "stopped at step \(stop)")
            #expect(measured == 1, "the start is measured once")
            #expect(resumed.validationTokenLoss == result.validationTokenLoss)
        }
    }

    /// A kept reference of another start is not used; one that cannot be read is measured again.
    @Test func aReferenceBelongsToItsStart() throws {
        let folder = try temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let reference = PreferenceReference(
            train: [.init(chosen: -1.25, rejected: -7.5), .init(chosen: 0, rejected: 0)],
            validation: [.init(chosen: -3, rejected: -2)])
        try reference.write(to: folder, digest: "a")
        #expect(PreferenceReference.read(from: folder, digest: "a", train: 2, validation: 1) == reference)
        #expect(PreferenceReference.read(from: folder, digest: "b", train: 2, validation: 1) == nil)
        #expect(PreferenceReference.read(from: folder, digest: "a", train: 3, validation: 1) == nil)
        let path = folder + "/" + PreferenceReference.name
        try Data("no tensors".utf8).write(to: URL(filePath: path))
        #expect(PreferenceReference.read(from: folder, digest: "a", train: 2, validation: 1) == nil)
        #expect(PreferenceReference.read(from: folder + "/none", digest: "a", train: 2, validation: 1) == nil)
    }

    @Test func noiseMakesADifference() throws {
        let folder = try temporaryFolder()
        let other = try temporaryFolder()
        defer { for path in [folder, other] { try? FileManager.default.removeItem(atPath: path) } }
        let (plain, plainAdapter) = try loop(folder, noisy: false)
        let (noisy, noisyAdapter) = try loop(other, noisy: true)
        _ = try plain.run()
        _ = try noisy.run()
        #expect(bytes(plainAdapter) != bytes(noisyAdapter))
    }
}
