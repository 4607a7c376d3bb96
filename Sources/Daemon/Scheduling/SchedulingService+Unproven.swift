import Foundation
import Judged
import Ledger
import Nouns
import Settings
import StageKit

/// Runs that go on from what is not served, and models that are judged again.
extension SchedulingService {
    static let making = "the version that the next run goes on from is being made"

    /// What the next run goes on from: the newest model that the gates could not decide on, where it may be, else what
    /// is served (nil: the base).
    func start(_ pipeline: PipelineSettings, _ chain: UnprovenChain?) throws -> ModelVersion? {
        try chain?.start(most: pipeline.incremental.unproven, base: pipeline.base, context)
            ?? context.served(pipeline.name)
    }

    /// The models that lie between what is served and the next run; nil where there are none, or the pipeline wants
    /// none.
    func chain(_ pipeline: PipelineSettings) throws -> UnprovenChain? {
        pipeline.incremental.unproven > 0 ? try UnprovenChain.of(pipeline.name, context) : nil
    }

    /// Whether the next run has to wait for the files of the version that it goes on from.
    func waitsForStart(_ pipeline: PipelineSettings, _ chain: UnprovenChain?) -> Bool {
        guard let chain, !chain.isMade, chain.length <= pipeline.incremental.unproven, chain.head.base == pipeline.base
        else { return false }
        context.bells.promotion.ring()
        return true
    }

    /// Queues the newest model of a chain to be judged again where gate rows came; returns whether it did.
    ///
    /// Only over a stream of runs, where such tries have their share of the permitted error, and where something is
    /// served: over the base alone the next run has all rows.
    func judgeAgain(_ pipeline: PipelineSettings, _ chain: UnprovenChain?, _ s: SchedulingRules.Situation) throws
        -> Bool
    {
        guard let chain, chain.isMade, pipeline.gates.overStream, !pipeline.trigger.manualOnly, s.hasServed, !s.isBusy,
            s.newestDrop.map({ $0.addingTimeInterval(pipeline.trigger.settleSeconds) <= s.now }) ?? true,
            let version = try context.ledger.version(chain.version), let adapter = version.adapters.last
        else { return false }
        let judged = try chain.judgedRows(context)
        guard SchedulingRules.judgesAgain(judged: judged, now: s.gateRows) else { return false }
        let first = chain.head
        guard let learnt = try context.ledger.snapshot(first.snapshot) else { return false }
        let snapshot = try SnapshotBuilder(context: context, pipeline: pipeline).judgingAgain(learnt)
        guard snapshot.rows[.gate] ?? 0 > judged else { return false }
        let settings = try FrozenSettings.freeze(pipeline, context)
        let run = try context.ledger.queue(taking: []) { id in
            var run = Run(
                id: id, pipeline: pipeline.name, mode: first.mode, state: .trained, base: first.base,
                snapshot: snapshot.id, drops: first.drops, parent: first.parent, recipe: first.recipe, priority: 45,
                createdAt: Date(), requestedBy: "daemon")
            (run.adapter, run.training, run.range, run.notes) = (adapter, first.training, first.range, first.notes)
            (run.settings, run.engine, run.judgesAgain) = (settings, first.engine, first.id)
            return run
        }
        guard let run else { return false }
        activity.set(pipeline.name, "run \(run.id) judges the model of \(first.id) again")
        context.begin(run, .judgedAgain(first.id))
        return true
    }
}
