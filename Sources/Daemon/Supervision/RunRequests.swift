import Contracts
import Foundation
import Ledger
import Platform
import Settings
import Stages

/// The requests that a run makes of workers; pure but for looking things up.
enum RunRequests {
    /// Everything that training needs, by digest.
    static func train(_ run: Run, _ context: StageContext) throws -> WorkerRequest {
        let card = try context.requireBase(run.base)
        guard let snapshot = try context.ledger.snapshot(run.snapshot) else {
            throw Failure(code: "snapshot.missing", "The snapshot \(run.snapshot) is not in the ledger.", at: run.id.rawValue, remedy: "Queue a new run.")
        }
        let parent = try run.parent.flatMap { try context.ledger.version($0) }
        // `continue` goes on with the served adapter; `stack` freezes it under a new one.
        let frozen = run.mode == .stack ? parent?.adapters ?? [] : parent.map { Array($0.adapters.dropLast()) } ?? []
        let task = TrainTask(
            model: context.modelReference(card, adapters: frozen), startAdapter: run.mode == .continued ? parent?.adapters.last : nil,
            train: snapshot.files[.train] ?? [], validation: snapshot.files[.validation] ?? [], recipe: run.recipe,
            truncate: context.settings.pipeline(run.pipeline)?.data.truncate)
        return request(run.id.rawValue, context.layout.run(run.id.rawValue), .train(task), context)
    }

    /// A sweep of the learning rate for a run that has none. Always a fresh adapter on the base alone: what is served already has learnt
    /// most of it, so that from there no rate would lower the loss by much and the curve would say nothing.
    static func rangeTest(_ run: Run, _ context: StageContext) throws -> WorkerRequest {
        let card = try context.requireBase(run.base)
        guard let snapshot = try context.ledger.snapshot(run.snapshot) else {
            throw Failure(code: "snapshot.missing", "The snapshot \(run.snapshot) is not in the ledger.", at: run.id.rawValue, remedy: "Queue a new run.")
        }
        let train = TrainTask(model: context.modelReference(card), train: snapshot.files[.train] ?? [], validation: [], recipe: run.recipe,
            truncate: context.settings.pipeline(run.pipeline)?.data.truncate)
        let task = RangeTestTask(train: train, lowest: RangeTestRules.lowest, highest: RangeTestRules.highest, steps: RangeTestRules.steps)
        return request(run.id.rawValue, context.layout.run(run.id.rawValue) + "/range-test", .rangeTest(task), context)
    }

    /// One evaluation to be made, and what its scores are kept under.
    struct Evaluation {
        var model: String
        var set: String
        var settings: String
        var request: WorkerRequest
    }

    /// Candidate, served model and base on the run's gate rows.
    static func evaluations(_ run: Run, _ context: StageContext) throws -> [Evaluation] {
        try GateModels.all(run, context).map { name, reference in
            let setup = try GateModels.setup(run, context)
            let folder = context.layout.run(run.id.rawValue) + "/evaluation-\(name)"
            let task = EvaluateTask(
                model: reference, sets: [setup.set], labels: setup.labels, maxNewTokens: setup.maxNewTokens, maxLength: run.recipe.maxLength)
            return Evaluation(
                model: GateModels.digest(reference), set: setup.digest, settings: setup.settings,
                request: request("\(run.id)-\(name)", folder, .evaluate(task), context))
        }
    }

    private static func request(_ id: String, _ folder: String, _ task: WorkerTask, _ context: StageContext) -> WorkerRequest {
        let settings = context.settings.daemon
        return WorkerRequest(id: id, directory: folder, task: task, threads: settings.workerThreads, memoryBytes: settings.workerMemoryBytes)
    }
}
