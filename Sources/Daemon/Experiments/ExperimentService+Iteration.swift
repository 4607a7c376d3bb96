import Foundation
import Judged
import Ledger
import Nouns
import Settings
import StageKit

extension ExperimentService {
    /// Follows each pipeline's newest run that was not promoted by the next step, or says what is needed.
    func iterate() throws(CancellationError) {
        let pipelines = context.settings.pipelines.filter { $0.iterate == .auto && $0.enabled }
        try loop.each(
            pipelines, as: "iteration", key: \.name.rawValue, about: { ["pipeline": "\($0.name)"] }
        ) { pipeline in
            // What was trained elsewhere, or was only judged again, says nothing of how to train here.
            let runs = try context.ledger.runs(pipeline: pipeline.name, limit: 200).filter {
                $0.purpose != .trial && $0.foreign == nil && $0.judgesAgain == nil
            }
            // Only the newest: what came before it is no longer what matters.
            guard let last = runs.first, last.state == .rejected || last.state == .inconclusive, last.followUp == nil
            else { return }
            // An accepted step of a killed daemon: the next run is there, only the note is missing.
            if let next = runs.first(where: { $0.origin == last.id }) {
                return try context.ledger.amend(last.id) { $0.followUp = "\(next.id): \(next.step ?? "")" }
            }
            try follow(last, of: pipeline, among: runs)
        }
    }

    private func follow(_ last: Run, of pipeline: PipelineSettings, among runs: [Run]) throws {
        var chain = [last]
        while let origin = chain.first?.origin, let earlier = runs.first(where: { $0.id == origin }), chain.count < 200
        { chain.insert(earlier, at: 0) }
        let attempts = chain.map { run in
            IterationRules.Attempt(
                recipe: run.recipe, mode: run.mode, action: run.step.map { String($0.prefix { $0 != ":" }) },
                training: run.training, outcome: run.verdict?.outcome,
                advice: run.verdict?.advice ?? [], confusion: run.verdict?.confusion)
        }
        let step = IterationRules.next(
            attempts, budget: pipeline.iterateRuns, replayShare: pipeline.incremental.replayShare,
            classRows: try context.ledger.classRows(pipeline.name))
        switch step {
        case .stop(let statement):
            try context.ledger.amend(last.id) { $0.followUp = statement }
            context.logger.warning(
                "Iterating on \(pipeline.name) ends after run \(last.id): \(statement)",
                metadata: [
                    "pipeline": "\(pipeline.name)", "run": "\(last.id)", "stage": "experiments",
                    "event": "iteration.ended",
                ])
        case .retry(let recipe, let mode, let replay, let reason):
            // The new rows of the chain are those that its first run took in.
            let drops = chain[0].drops
            let served = try context.served(pipeline.name)?.id
            // The same rows from the same start, unless another model is served by now.
            let isSame = mode == last.mode && replay == nil
            let start = last.verdict?.baseline == served ? last.parent : served
            let isKept = isSame && (mode == .fromBase || start == last.parent)
            let snapshot = isKept ? last.snapshot : try freeze(pipeline.name, mode, replay).id
            let settings = try FrozenSettings.freeze(pipeline, context)
            let parent = mode == .fromBase ? nil : isKept ? start : served
            let run = try context.ledger.queue(taking: []) { id in
                var run = Run(
                    id: id, pipeline: pipeline.name, purpose: .iteration, mode: parent == nil ? .fromBase : mode,
                    base: last.base, snapshot: snapshot, drops: drops,
                    parent: parent, recipe: recipe, priority: 30, createdAt: Date(), requestedBy: "finetuned")
                (run.origin, run.step, run.settings, run.engine) = (last.id, reason, settings, last.engine)
                // One that trains longer than the last one is to do so.
                if recipe.epochs == last.recipe.epochs { run.enough = last.enough }
                run.notes = (last.notes ?? [:]).merging(["step": reason]) { $1 }
                return run
            }
            guard let run else { return }
            try context.ledger.amend(last.id) { $0.followUp = "\(run.id): \(reason)" }
            context.begin(run, .followed(last.id, reason))
        }
    }
}
