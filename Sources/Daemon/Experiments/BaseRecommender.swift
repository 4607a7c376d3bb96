import Foundation
import Launching
import Ledger
import Nouns
import Platform
import RowFiles
import Settings
import StageKit
import WorkerProtocol

/// Scores every registered base on a sample of the data without training any, and ranks them.
package struct BaseRecommender: Sendable {
    let context: StageContext
    let launcher: any WorkerRunner

    package init(_ context: StageContext, launcher: any WorkerRunner) {
        self.context = context
        self.launcher = launcher
    }

    /// For a pipeline's stored rows. Throws a Failure where it has none.
    package func recommend(_ pipeline: PipelineName, rows: Int) async throws -> [BaseRecommendation] {
        _ = try context.requirePipeline(pipeline)
        let all = try ScoringSample.rows(of: pipeline, context)
        guard !all.isEmpty else {
            throw Failure(
                code: "pipeline.no_rows", "The pipeline '\(pipeline)' has no rows yet.", at: pipeline.rawValue,
                remedy: "Drop a file first, or name a file here.")
        }
        return try await recommend(
            ScoringSample(
                all, count: Self.count(rows), trainingRows: try context.ledger.rowCounts(pipeline)[.train] ?? all.count)
        )
    }

    /// For the rows of a file.
    package func recommend(file: String, rows: Int) async throws -> [BaseRecommendation] {
        let all = try ScoringSample.rows(ofFile: file)
        return try await recommend(ScoringSample(all, count: Self.count(rows), trainingRows: all.count))
    }

    private static func count(_ asked: Int) -> Int { max(4, min(2000, asked)) }

    private func recommend(_ sample: ScoringSample) async throws -> [BaseRecommendation] {
        let cards = try context.ledger.bases()
        guard !cards.isEmpty else {
            throw Failure(code: "base.none", "No base is registered.", remedy: "Register one with `ftctl base add`.")
        }
        let folder = context.layout.scratch("recommend-\(UInt32.random(in: 0...UInt32.max))")
        try AtomicFile.makeFolder(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let writer = try ShardWriter(folder: folder)
        for row in sample.rows { try writer.write(row) }
        let file = try writer.finish()
        var candidates: [BaseRecommendation] = []
        for card in cards { candidates.append(try await score(card, sample, file, folder)) }
        return BaseRanking.rank(candidates, memoryBytes: MachineMemory.available())
    }

    /// What one base comes to. A base that cannot be scored says why, and the others are scored all the same.
    private func score(_ card: BaseCard, _ sample: ScoringSample, _ file: FileReference, _ folder: String) async throws
        -> BaseRecommendation
    {
        var result = BaseRecommendation(
            base: card.id, trainingMemoryBytes: card.trainingMemoryBytes, licence: card.licence)
        result.architecture = "\(card.architecture), \(card.parameters / 1_000_000) M parameters"
        result.contextLength = card.contextLength
        // What cannot be trained here need not be scored.
        if card.trainingMemoryBytes > MachineMemory.available() { return result }
        let model = context.modelReference(card)
        do {
            let measured = try await run(
                "measure", card, folder,
                .measure(MeasureTask(model: model, rows: [file], maxLength: card.contextLength)))
            let rows = max(1, measured.figures?["rows"] ?? Double(sample.rows.count))
            let unfit = (measured.figures?["truncated_rows"] ?? 0) + (measured.figures?["unusable_rows"] ?? 0)
            result.skippedShare = min(1, unfit / rows)
            result.tokensPerRow = measured.figures?["tokens"].map {
                $0 / max(1, rows - (measured.figures?["unusable_rows"] ?? 0))
            }
            let task = ScoreTask(
                model: model, rows: [file], limit: sample.rows.count - sample.shots, labels: sample.labels,
                shots: sample.shots)
            let scored = try await run("score", card, folder, .score(task))
            result.bitsPerByte = scored.figures?["bits_per_byte"]
            result.labelAccuracy = scored.figures?["label_accuracy"]
            let speed = try await tokensPerSecond(card, file, folder)
            result.tokensPerSecond = speed
            if let tokens = result.tokensPerRow, speed > 0 {
                result.epochSeconds = tokens * Double(sample.trainingRows) / speed
            }
        } catch let end as WorkerEnd {
            guard let failure = end.failure else { throw CancellationError() }
            result.reasons = ["it could not be scored: \(failure)"]
        }
        return result
    }

    /// Tokens that a training run gets through in a second; measured once a base and kept in its card.
    private func tokensPerSecond(_ card: BaseCard, _ file: FileReference, _ folder: String) async throws -> Double {
        if let known = card.measured[Self.speedKey] { return known }
        var recipe = Recipe()
        recipe.learningRate = 1e-5
        recipe.batchRows = 4
        recipe.epochs = 100
        recipe.maxLength = min(512, card.contextLength)
        let task = TrainTask(
            model: context.modelReference(card), train: [file], validation: [], recipe: recipe, pauseAtStep: 3)
        let result = try await run("speed", card, folder, .train(task))
        guard let speed = result.training?.tokensPerSecond, speed > 0, speed.isFinite else { return 0 }
        // Read again: someone may have measured something else meanwhile.
        if var present = try context.ledger.base(card.id) {
            present.measured[Self.speedKey] = speed
            try context.ledger.update(present)
        }
        return speed
    }

    /// The key of `BaseCard.measured` under which the speed is kept.
    package static let speedKey = "training_tokens_per_second"

    private func run(_ name: String, _ card: BaseCard, _ folder: String, _ task: WorkerTask) async throws
        -> WorkerResult
    {
        let settings = context.settings.daemon
        let request = WorkerRequest(
            id: "\(name)-\(card.id)", directory: "\(folder)/\(name)-\(card.id)", task: task,
            threads: settings.workerThreads, memoryBytes: settings.workerMemoryBytes)
        return try await launcher.run(request, silence: .seconds(settings.workerSilenceSeconds)) { _ in }
    }
}
