import Contracts
import Crypto
import Foundation
import Tensors
import Training
import Transformers

/// Fine-tunes; goes on by itself from the checkpoint in the request's folder.
struct TrainRunner {
    let context: TaskContext

    /// The result, or nil where a stop request ended it at a checkpoint.
    func run(_ task: TrainTask) throws -> WorkerResult? {
        let job = try TrainingJob(task, context: context)
        context.events.stage("training")
        let loop = try TrainLoop(
            model: job.model, adapter: job.adapter, recipe: task.recipe, train: job.train, validation: job.validation,
            folder: context.request.directory, fingerprint: job.fingerprint, team: job.team, memoryBytes: job.activationBytes,
            report: report, shouldStop: { StopRequest.isMade })
        switch try loop.run(pauseAtStep: task.pauseAtStep) {
        case .interrupted: return nil
        case .finished(var training):
            training.adapter = try write(job)
            var result = WorkerResult()
            result.training = training
            result.figures = job.figures
            return result
        }
    }

    private func report(_ event: TrainLoop.Event) {
        switch event {
        case .step(let step):
            var event = WorkerEvent(.step)
            event.step = step
            context.events.write(event)
        case .validation(let validation):
            var event = WorkerEvent(.validation)
            event.validation = validation
            context.events.write(event)
        case .checkpoint(let step):
            var event = WorkerEvent(.checkpoint)
            event.checkpoint = step
            context.events.write(event)
        }
    }

    /// Writes the adapter's folder, and proves that it can be read back.
    private func write(_ job: TrainingJob) throws -> AdapterReference {
        let folder = context.path("adapter")
        try AdapterFolder.write(job.adapter, family: job.model.configuration.family, base: job.base, to: folder)
        let reference = try ResultFile.reference(folder + "/adapter_model.safetensors")
        let back = try AdapterFolder.read([folder], for: job.model)
        guard back.places.allSatisfy({ place in
            guard let own = job.adapter.place(place.layer, place.projection) else { return false }
            return back.b(place) == job.adapter.b(own) && back.a(place) == job.adapter.a(own)
        }) else {
            throw WorkerFault(
                .internalFault,
                Failure(
                    code: "training.adapter_unreadable", "The adapter that was written is not the one that was trained.", at: folder,
                    remedy: "Check the disk for errors and start the run again."))
        }
        return AdapterReference(path: folder, sha256: reference.sha256)
    }
}

/// All that a training loop needs, loaded and encoded.
struct TrainingJob {
    let model: Model
    let adapter: Adapter
    let team: ThreadTeam
    let train: [TokenSequence]
    let validation: [TokenSequence]
    /// Names base, rows, start and recipe, so that a checkpoint of something else is never resumed.
    let fingerprint: String
    let base: String
    let activationBytes: Int
    let figures: [String: Double]

    init(_ task: TrainTask, context: TaskContext) throws {
        guard task.recipe.method == .lora else {
            throw WorkerFault(
                .badRequest,
                Failure(
                    code: "recipe.method", "The method '\(task.recipe.method.rawValue)' is not supported by this worker.",
                    at: "train.recipe.method", remedy: "Use lora."))
        }
        context.events.stage("loading")
        let loaded = try LoadedModel(path: task.model.basePath)
        // Adapters that the new one is stacked on are frozen: their sum becomes part of the weights.
        let frozen = try loaded.adapter(task.model.adapters)
        model = try frozen.map { try loaded.model.merged(with: $0) } ?? loaded.model
        if let start = task.startAdapter {
            adapter = try LoadedModel.adapter([start], for: model) ?? AdapterStart.fresh(task.recipe, for: model)
        } else {
            adapter = try AdapterStart.fresh(task.recipe, for: model)
        }
        team = ThreadTeam(threads: context.threads)
        base = task.model.base.rawValue
        context.events.stage("encoding")
        var encoder = SetEncoder(loaded.encoder, context: context)
        train = try encoder.encode(try RowReader.read(task.train), maximumLength: task.recipe.maxLength, what: "training")
        validation = try encoder.encode(try RowReader.read(task.validation), maximumLength: task.recipe.maxLength, what: "validation")
        figures = encoder.figures
        fingerprint = try Self.fingerprint(task)
        // Parameters, gradients, both moments and the best weights; logits; tables and code.
        let fixed = 5 * 4 * adapter.count + (48 << 20) + (96 << 20)
        activationBytes = max(24 << 20, context.memoryBytes - fixed)
    }

    private static func fingerprint(_ task: TrainTask) throws -> String {
        var hash = SHA256()
        let parts =
            [task.model.baseDigest, task.startAdapter?.sha256 ?? ""] + task.model.adapters.map(\.sha256) + ["train"]
            + task.train.map(\.sha256) + ["validation"] + task.validation.map(\.sha256)
        hash.update(data: Data(parts.joined(separator: "\n").utf8))
        hash.update(data: try ContractCoding.encode(task.recipe))
        return hash.finalize().map { String(format: "%02x", $0) }.joined()
    }
}

/// Encodes whole sets of rows, telling of what had to be left out.
struct SetEncoder {
    private let encoder: RowEncoder
    private let context: TaskContext
    private(set) var figures: [String: Double] = [:]

    init(_ encoder: RowEncoder, context: TaskContext) {
        self.encoder = encoder
        self.context = context
    }

    /// The rows as sequences. Rows that cannot be trained on are left out with a warning each (the first ten by name).
    mutating func encode(_ rows: [Row], maximumLength: Int, what: String) throws -> [TokenSequence] {
        var sequences: [TokenSequence] = []
        var skipped = 0
        var truncated = 0
        for row in rows {
            do {
                let example = try encoder.example(row.content, maximumLength: maximumLength)
                if example.truncated > 0 { truncated += 1 }
                sequences.append(example.sequence)
            } catch {
                skipped += 1
                guard skipped <= 10 else { continue }
                var failure = WorkerFault(error).failure
                failure.place = "\(what) row \(row.id), drop \(row.drop), line \(row.line)"
                context.events.warn(failure)
            }
        }
        figures["\(what)_rows"] = Double(sequences.count)
        figures["\(what)_rows_skipped"] = Double(skipped)
        figures["\(what)_rows_truncated"] = Double(truncated)
        if what == "training", sequences.isEmpty {
            throw WorkerFault(
                .badData,
                Failure(
                    code: "rows.none", "None of the \(rows.count) training rows can be trained on.",
                    remedy: "See the warnings before this, correct the rows and drop them again."))
        }
        return sequences
    }
}
