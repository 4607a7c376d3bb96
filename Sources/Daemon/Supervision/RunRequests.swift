import Foundation
import Judged
import Ledger
import Nouns
import Platform
import Settings
import StageKit
import WorkerProtocol

/// The requests that a run makes of workers; pure but for looking things up.
enum RunRequests {
    /// Everything that training needs, by digest.
    static func train(_ run: Run, _ context: StageContext) throws -> WorkerRequest {
        let card = try context.requireBase(run.base)
        guard let snapshot = try context.ledger.snapshot(run.snapshot) else {
            throw Failure(
                code: "snapshot.missing", "The snapshot \(run.snapshot) is not in the ledger.", at: run.id.rawValue,
                remedy: "Queue a new run.")
        }
        let stack = try context.stack(of: run)
        var task = try TrainTask(
            model: context.modelReference(card, adapters: stack.frozen, recipe: run.recipe), startAdapter: stack.start,
            train: snapshot.files[.train] ?? [], validation: snapshot.files[.validation] ?? [], recipe: run.recipe,
            truncate: FrozenSettings.of(run, context).truncate)
        task.enough = run.enough
        if run.job != nil { task.keepsEpochs = true }
        return request(run.id.rawValue, context.layout.run(run.id), .train(task), context)
    }

    /// A sweep of the learning rate for a run that has none. Always a fresh adapter on the base alone: what is served
    /// already has learnt most of it, so that from there no rate would lower the loss by much and the curve would say
    /// nothing.
    static func rangeTest(_ run: Run, _ context: StageContext) throws -> WorkerRequest {
        let card = try context.requireBase(run.base)
        guard let snapshot = try context.ledger.snapshot(run.snapshot) else {
            throw Failure(
                code: "snapshot.missing", "The snapshot \(run.snapshot) is not in the ledger.", at: run.id.rawValue,
                remedy: "Queue a new run.")
        }
        let train = try TrainTask(
            model: context.modelReference(card, recipe: run.recipe), train: snapshot.files[.train] ?? [],
            validation: [],
            recipe: run.recipe,
            truncate: FrozenSettings.of(run, context).truncate)
        let task = RangeTestTask(
            train: train, lowest: RangeTestRules.lowest, highest: RangeTestRules.highest, steps: RangeTestRules.steps)
        return request(run.id.rawValue, context.layout.rangeTest(run.id), .rangeTest(task), context)
    }

    /// One model's evaluation on the sets that its scores are not known on yet.
    struct Evaluation {
        var role: ModelRole
        /// The model's digest.
        var model: String
        /// Scores that were computed before, by set.
        var known: [SetName: EvaluationResult]
        var missing: [GateModels.GateSet]
        /// Nil where everything is known.
        var request: WorkerRequest?
    }

    /// Candidate, served model, base and exports on everything that the run is judged by.
    static func evaluations(_ run: Run, _ context: StageContext) throws -> [Evaluation] {
        let setup = try GateModels.setup(run, context)
        return try GateModels.all(run, context).map { role, reference in
            let model = GateModels.digest(reference)
            var evaluation = Evaluation(role: role, model: model, known: [:], missing: [])
            for set in setup.sets(of: role) {
                let known = try [set.settings, set.wholeSettings].compactMap { $0 }.compactMap {
                    try context.ledger.evaluation(model: model, set: set.digest, settings: $0)
                }.first { FileManager.default.fileExists(atPath: $0.examples.path) }
                if let known {
                    evaluation.known[set.set.name] = known
                } else {
                    var set = set
                    set.set.known = try scored(set, by: model, context)
                    evaluation.missing.append(set)
                }
            }
            guard !evaluation.missing.isEmpty else { return evaluation }
            let task = EvaluateTask(
                model: reference, sets: evaluation.missing.map(\.set), labels: setup.labels,
                maxNewTokens: setup.maxNewTokens,
                maxLength: run.recipe.longest(in: try context.requireBase(run.base).contextLength))
            let folder = context.layout.evaluation(run.id, of: role)
            evaluation.request = request("\(run.id)-\(role)", folder, .evaluate(task), context)
            return evaluation
        }
    }

    /// Records that may hold rows of a set already: gates grow, and most of their rows were scored the day before.
    private static func scored(_ set: GateModels.GateSet, by model: String, _ context: StageContext) throws
        -> [FileReference]?
    {
        let results = try [set.settings, set.wholeSettings].compactMap { $0 }.flatMap {
            try context.ledger.evaluations(model: model, settings: $0)
        }
        let files = results.sorted { $0.rows > $1.rows }.map(\.examples).filter {
            FileManager.default.fileExists(atPath: $0.path)
        }.prefix(mostKnown)
        return files.isEmpty ? nil : Array(files)
    }

    /// Files of records that are looked into for rows that were scored before.
    private static let mostKnown = 3

    /// A format with its number type, which is that of the run's base where none is named.
    static func written(_ format: ExportFormat, _ run: Run, _ context: StageContext) throws -> ExportFormat {
        format.written(for: try context.requireBase(run.base).quantisation)
    }

    /// The candidate written in one format, below the run's folder.
    static func export(_ run: Run, _ format: ExportFormat, _ context: StageContext) throws -> WorkerRequest {
        guard let candidate = try GateModels.candidate(run, context) else {
            throw Failure(
                code: "run.no_adapter", "Run \(run.id) has no trained adapter.", at: run.id.rawValue,
                remedy: "Queue a new run.")
        }
        let check = try context.ledger.snapshot(run.snapshot)?.files[.gate] ?? []
        var task = ExportTask(model: candidate, format: try written(format, run, context), check: check)
        task.source = try context.requireBase(run.base).source
        return request(
            "\(run.id)-\(format.rawValue)", context.layout.artefact(run.id, format), .export(task), context)
    }

    static func request(_ id: String, _ folder: String, _ task: WorkerTask, _ context: StageContext)
        -> WorkerRequest
    {
        let settings = context.settings.daemon
        return WorkerRequest(
            id: id, directory: folder, task: task, threads: settings.workerThreads,
            memoryBytes: settings.workerMemoryBytes)
    }
}
