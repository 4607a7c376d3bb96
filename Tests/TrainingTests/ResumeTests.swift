import Foundation
import Nouns
import Tensors
import Testing
import Transformers

@testable import Training

/// A run that is stopped and started again must end with the very bytes of one that was not.
struct ResumeTests {
    func loop(
        _ folder: String, noisy: Bool, full: Bool = false, shouldStop: @escaping () -> Bool = { false },
        report: @escaping (TrainLoop.Event) -> Void = { _ in }
    )
        throws -> (TrainLoop, any Trainable)
    {
        let model = try TinyModel.make(.llama)
        var recipe = Recipe()
        recipe.rank = 4
        recipe.batchRows = 5
        recipe.epochs = 2
        recipe.checkpointEverySteps = 3
        recipe.evaluateEverySteps = 2
        recipe.learningRate = 5e-3
        if noisy {
            (recipe.adapterDropout, recipe.dropout, recipe.neftuneAlpha, recipe.startDecay) = (0.1, 0.1, 3, 0.01)
        }
        let parameters: any Trainable = full ? try TrainableWeights(model) : try AdapterStart.fresh(recipe, for: model)
        let loop = try TrainLoop(
            model: model, parameters: parameters, recipe: recipe, train: TinyModel.sequences(23),
            validation: TinyModel.sequences(6, seed: 31),
            folder: folder, fingerprint: "f", team: ThreadTeam(threads: 2), memoryBytes: 1 << 20, report: report,
            shouldStop: shouldStop)
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

    @Test(arguments: [false, true], [false, true])
    func stoppedAtAnyStepEndsWithTheSameBytes(noisy: Bool, full: Bool) throws {
        let folder = try temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (straight, expected) = try loop(folder, noisy: noisy, full: full)
        _ = try straight.run()
        let total = straight.steps
        for stop in 1..<total {
            let own = try temporaryFolder()
            defer { try? FileManager.default.removeItem(atPath: own) }
            nonisolated(unsafe) var done = 0
            let (first, _) = try loop(
                own, noisy: noisy, full: full, shouldStop: { done >= stop },
                report: { if case .step = $0 { done += 1 } })
            guard case .interrupted(let step) = try first.run() else {
                Issue.record("not interrupted at \(stop)")
                continue
            }
            #expect(step == stop)
            let (second, adapter) = try loop(own, noisy: noisy, full: full)
            guard case .finished = try second.run() else {
                Issue.record("not finished")
                continue
            }
            #expect(bytes(adapter) == bytes(expected), "stopped at step \(stop)")
        }
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
