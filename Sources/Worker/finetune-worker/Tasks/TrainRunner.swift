import Encoding
import Exporting
import Foundation
import ModelLoading
import Nouns
import Places
import Platform
import Tensors
import Training
import Transformers
import WeightFiles
import WorkerProtocol

/// Fine-tunes; goes on by itself from the checkpoint in the request's folder.
struct TrainRunner {
    let context: TaskContext

    func run(_ task: TrainTask) throws -> WorkerResult {
        let job = try TrainingJob(task, context: context)
        let epochs = EpochFolders(work: WorkFolder(context.request.directory))
        context.events.stage("training")
        let loop = try TrainLoop(
            model: job.model, parameters: job.parameters, recipe: task.recipe, enough: task.enough, train: job.train,
            validation: job.validation,
            folder: context.request.directory, fingerprint: job.fingerprint, start: job.start, team: job.team,
            memoryBytes: job.activationBytes,
            report: report,
            endOfEpoch: { end in
                // A whole set of weights is no small thing to keep.
                guard task.keepsEpochs == true, task.recipe.method == .lora else { return }
                try epochs.keep(end) { try write(job, to: $0) }
            }, interruption: StopRequest.heed)
        var training = try loop.run(pauseAtStep: task.pauseAtStep)
        training.adapter = try write(job, to: context.path("adapter"))
        try epochs.share(training.adapter)
        var result = WorkerResult()
        result.training = training
        result.figures = job.figures
        return result
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
        case .reference(let done, let total):
            if done == 0 { context.events.stage("measuring the start") }
            context.events.progress(done, of: total, "pairs")
        }
    }

    /// Writes what is trained to a folder, and proves that it can be read back.
    private func write(_ job: TrainingJob, to folder: String) throws -> AdapterReference {
        let isSame: Bool
        let file: String
        var configuration: String?
        switch job.trained {
        case .adapter(let adapter):
            try AdapterFolder.write(adapter, of: job.model, base: job.base, to: folder)
            file = folder + "/adapter_model.safetensors"
            configuration = try FileReference(of: folder + "/adapter_config.json").sha256
            let back = try AdapterFolder.read([folder], for: job.model)
            isSame = back.places.allSatisfy { place in
                guard let own = adapter.place(place.layer, place.projection) else { return false }
                return back.b(place) == adapter.b(own) && back.a(place) == adapter.a(own)
            }
        case .weights(let weights):
            try HuggingFaceExport.write(
                weights.model(), base: try HuggingFaceExport.Base(job.loaded), adapter: nil, to: folder,
                shardBytes: .max)
            file = folder + "/model.safetensors"
            // Gemma's norms are stored less one, which rounds.
            isSame = weights.difference(to: try Model(huggingFace: HuggingFaceFolder(path: folder))) < 1e-6
        }
        guard isSame else {
            throw WorkerFault(
                .internalFault,
                Failure(
                    code: "training.result_unreadable", "What was written is not what was trained.", at: folder,
                    remedy: "Check the disk for errors and start the run again."))
        }
        return AdapterReference(
            path: folder, sha256: try FileReference(of: file).sha256, configuration: configuration)
    }
}

/// All that a training loop needs, loaded and encoded.
struct TrainingJob {
    /// What is trained.
    enum Trained {
        case adapter(Adapter)
        case weights(TrainableWeights)
    }

    let loaded: LoadedModel
    let model: Model
    let trained: Trained
    let team: ThreadTeam
    let train: [TrainingExample]
    let validation: [TrainingExample]
    /// Names base, rows, start and recipe, so that a checkpoint of something else is never resumed.
    let fingerprint: String
    /// Names base, rows and start alone: what the reference of pairs depends on.
    let start: String
    let base: String
    let activationBytes: Int
    let figures: [String: Double]

    var parameters: any Trainable {
        switch trained {
        case .adapter(let adapter): adapter
        case .weights(let weights): weights
        }
    }

    init(_ task: TrainTask, context: TaskContext) throws {
        do { try task.recipe.check() } catch { throw WorkerFault(.badRequest, error) }
        context.events.stage("loading")
        let loaded = try LoadedModel(task.model, interruption: StopRequest.heed)
        self.loaded = loaded
        // Adapters that something is trained on top of are frozen: their sum becomes part of the weights.
        let below =
            try loaded.adapter.map { try loaded.model.merged(with: $0, interruption: StopRequest.heed) } ?? loaded.model
        switch task.recipe.method {
        case .lora:
            model = below
            trained = .adapter(try Self.adapter(task, for: below))
        case .full:
            let (start, adapter) = try LoadedModel.trained(
                task.startAdapter.map { [$0] } ?? [], on: below, interruption: StopRequest.heed)
            let whole = try adapter.map { try start.merged(with: $0, interruption: StopRequest.heed) } ?? start
            model = whole
            trained = .weights(
                try TrainableWeights(whole, firstLayer: AdapterStart.firstLayer(task.recipe, for: whole)))
        }
        team = ThreadTeam(threads: context.threads)
        base = task.model.base.rawValue
        fingerprint = try Self.fingerprint(task)
        start = Self.start(task)
        let count: Int
        let least: Int
        switch trained {
        case .adapter(let adapter): (count, least) = (adapter.count, 24 << 20)
        // Beside the weights' own copies larger micro-batches cost little, and every one passes through all gradients.
        case .weights(let weights): (count, least) = (weights.count, 256 << 20)
        }
        // Parameters, gradients, both moments, the best weights and the starting ones; logits; tables and code.
        let fixed = (task.recipe.startDecay > 0 ? 6 : 5) * 4 * count + (48 << 20) + (120 << 20)
        activationBytes = max(least, context.memoryBytes - fixed)
        let rows = try Self.encoded(
            task, loaded, context,
            RowMemory(budget: activationBytes, fixed: fixed, perToken: try Self.bytesPerToken(model, trained)))
        (train, validation, figures) = rows
        if context.memoryBytes < fixed + least {
            context.events.warn(
                Failure(
                    code: "training.memory",
                    """
                    This run takes about \((fixed + least) >> 20) MiB, more than the \(context.memoryBytes >> 20) \
                    MiB that it was given.
                    """,
                    at: "memoryBytes",
                    remedy: "Raise the worker's memory, train with lora, or train fewer layers (recipe.last_layers)."))
        }
    }

    /// What the activations of one token of a row take that is too long for all of them to be kept.
    private static func bytesPerToken(_ model: Model, _ trained: Trained) throws -> Int {
        let team = ThreadTeam(threads: 1)
        switch trained {
        case .adapter(let adapter):
            return max(1, try Transformer(model, adapter: adapter, team: team, training: true).frugalBytesPerToken)
        case .weights: return max(1, try Transformer(model, team: team, training: true).frugalBytesPerToken)
        }
    }

    /// The rows as sequences, none of them longer than what the recipe and the context allow and the machine holds.
    private static func encoded(_ task: TrainTask, _ loaded: LoadedModel, _ context: TaskContext, _ memory: RowMemory)
        throws -> (train: [TrainingExample], validation: [TrainingExample], figures: [String: Double])
    {
        context.events.stage("encoding")
        let wanted = task.recipe.longest(in: loaded.model.configuration.context)
        let longest = min(wanted, memory.mostTokens)
        let cut = task.truncate ?? true
        var encoder = SetEncoder(loaded.encoder, observer: context.observer)
        let pairs = task.recipe.trainsPairs
        let train = try encoder.encode(
            task.train, maximumLength: longest, cut: cut, pairs: pairs, what: "training")
        let validation = try encoder.encode(
            task.validation, maximumLength: longest, cut: cut, pairs: pairs, what: "validation")
        if longest < wanted, encoder.hasLongRows {
            context.events.warn(
                Failure(
                    code: "training.long_rows",
                    """
                    Rows of more than \(longest) tokens were \(cut ? "cut" : "left out"): longer ones would take \
                    more than half of this machine's memory.
                    """, at: "recipe.max_length", remedy: "Shorten the rows, or train on a larger machine."))
        }
        let most = (train + validation).reduce(0) { max($0, $1.tokens) }
        if most > memory.budgetTokens {
            context.events.warn(
                Failure(
                    code: "training.long_rows",
                    """
                    The longest row has \(most) tokens and takes about \(memory.bytes(most) >> 20) MiB, more than the \
                    \(context.memoryBytes >> 20) MiB that the run was given: a row is never cut for memory.
                    """, at: "memoryBytes",
                    remedy: """
                        Raise the worker's memory (worker.memory), or set recipe.max_length = \(memory.budgetTokens).
                        """))
        }
        return (train, validation, encoder.figures)
    }

    private static func adapter(_ task: TrainTask, for model: Model) throws -> Adapter {
        guard let start = task.startAdapter else { return try AdapterStart.fresh(task.recipe, for: model) }
        guard !LoadedModel.isWhole(start) else {
            throw WorkerFault(
                .badRequest,
                Failure(
                    code: "train.start", "The start is a whole set of weights, which an adapter cannot go on from.",
                    at: start.path,
                    remedy: "Name it among model.adapters, so that the adapter is trained on top of it."))
        }
        return try LoadedModel.trained([start], on: model, interruption: StopRequest.heed).1
            ?? AdapterStart.fresh(task.recipe, for: model)
    }

    private static func origin(_ task: TrainTask) -> [String] {
        [task.model.baseDigest, task.startAdapter?.sha256 ?? ""] + task.model.adapters.map(\.sha256) + ["train"]
            + task.train.map(\.sha256) + ["validation"] + task.validation.map(\.sha256)
    }

    private static func start(_ task: TrainTask) -> String {
        let cut =
            "length \(task.recipe.maxLength.map(String.init) ?? "context"), \(task.truncate ?? true ? "cut" : "whole")"
        return Digest.sha256(Data((origin(task) + [cut]).joined(separator: "\n").utf8))
    }

    private static func fingerprint(_ task: TrainTask) throws -> String {
        var hash = SHA256()
        hash.update(Data(origin(task).joined(separator: "\n").utf8))
        hash.update(try ContractCoding.encode(task.recipe))
        // A request without one has the fingerprint that it had before there were any.
        if let enough = task.enough { hash.update(try ContractCoding.encode(enough)) }
        return Digest.hex(hash.finish())
    }
}
