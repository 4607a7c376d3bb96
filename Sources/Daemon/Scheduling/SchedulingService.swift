import Contracts
import Foundation
import Ledger
import ServiceLifecycle
import Settings
import Stages
import Synchronization

/// Takes drops in state `stored`; gives runs in state `queued`. Never starts a worker.
package struct SchedulingService: Service {
    let context: StageContext
    /// What each pipeline waits for, for `ftctl status`.
    package let activity = ActivityBoard()

    package init(_ context: StageContext) { self.context = context }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let next = pass()
                let pause = next.map { max(0.05, $0.timeIntervalSinceNow + 0.01) } ?? 15
                await context.bells.scheduling.wait(atMost: .seconds(min(15, pause)))
            }
        }
    }

    /// Decides for every pipeline; returns when to look again at the latest.
    func pass() -> Date? {
        var next: Date?
        for pipeline in context.settings.pipelines where pipeline.enabled {
            do {
                if try context.ledger.base(pipeline.base) == nil { _ = try context.requireBase(pipeline.base) }
                let (situation, drops) = try situation(pipeline)
                switch SchedulingRules.decide(situation, pipeline) {
                case .wait(let sentence, let until):
                    activity.set(pipeline.name, sentence)
                    if let until { next = min(next ?? until, until) }
                case .queue(let mode, let reason):
                    _ = try queue(pipeline, mode: mode, drops: drops, by: "daemon", reason: reason, priority: 50)
                }
                context.problems.set("pipeline:\(pipeline.name)", nil)
            } catch {
                var failure = StageContext.failure(error, code: "scheduling")
                if failure.code == "base.unknown" { failure.place = "\(pipeline.file), base" }
                activity.set(pipeline.name, failure.message)
                if context.problems.set("pipeline:\(pipeline.name)", failure) {
                    context.logger.error("\(failure)", metadata: ["pipeline": "\(pipeline.name)", "event": "settings.invalid"])
                }
            }
        }
        return next
    }

    /// Queues a run because a person asks, whatever the triggers say.
    package func request(_ name: PipelineName, mode: Run.Mode?, by who: String, reason: String) throws -> Run {
        guard let pipeline = context.settings.pipeline(name) else {
            throw Failure(code: "pipeline.unknown", "There is no pipeline '\(name)'.", at: name.rawValue, remedy: "See `ftctl pipelines`.")
        }
        let (situation, drops) = try situation(pipeline)
        guard situation.allRows > 0, situation.gateRows > 0 else {
            throw Failure(
                code: "pipeline.no_rows", "The pipeline '\(name)' has \(situation.allRows) training and \(situation.gateRows) gate rows.", at: name.rawValue,
                remedy: "Drop a file into \(context.dropFolder(pipeline)) first.")
        }
        // Without new rows there is nothing to continue with: the whole dataset is learnt again.
        let wanted = drops.isEmpty ? .fromBase : SchedulingRules.mode(situation, pipeline, asked: mode)
        guard let run = try queue(pipeline, mode: wanted, drops: drops, by: who, reason: reason, priority: 100) else {
            throw Failure(code: "pipeline.busy", "The new rows were taken by another run just now.", at: name.rawValue, remedy: "See `ftctl runs`.")
        }
        return run
    }

    private func queue(_ pipeline: PipelineSettings, mode: Run.Mode, drops: [DropID], by who: String, reason: String, priority: Int) throws -> Run? {
        let card = try context.requireBase(pipeline.base)
        let snapshot = try SnapshotBuilder(context: context, pipeline: pipeline).build(mode: mode, drops: drops)
        let parent = mode == .fromBase ? nil : try context.served(pipeline.name)?.id
        let (recipe, notes) = SchedulingRules.recipe(pipeline, mode: mode, rows: snapshot.rows[.train] ?? 0)
        let run = try context.ledger.queue(taking: drops) { id in
            var run = Run(
                id: id, pipeline: pipeline.name, mode: mode, base: card.id, snapshot: snapshot.id, drops: drops, parent: parent, recipe: recipe,
                priority: priority, createdAt: Date(), requestedBy: who)
            if !notes.isEmpty { run.notes = notes }
            return run
        }
        guard let run else { return nil }
        activity.set(pipeline.name, "run \(run.id) is queued")
        context.logger.notice(
            "Queued run \(run.id) of \(pipeline.name): \(mode.rawValue), \(snapshot.rows[.train] ?? 0) training rows (\(reason))",
            metadata: ["pipeline": "\(pipeline.name)", "run": "\(run.id)", "event": "run.queued"])
        context.bells.supervision.ring()
        return run
    }

    private func situation(_ pipeline: PipelineSettings) throws -> (SchedulingRules.Situation, [DropID]) {
        let waiting = try context.ledger.waitingDrops(pipeline.name)
        let ids = waiting.drops.map(\.id)
        let counts = try context.ledger.rowCounts(pipeline.name)
        let runs = try context.ledger.runs(pipeline: pipeline.name, limit: 200).filter { $0.purpose == .update }
        let served = try context.served(pipeline.name)
        // An accepted run that waits for `ftctl promote` does not hold the queue up.
        let busy = runs.contains { !$0.state.isFinal && $0.state != .promoted }
        let situation = SchedulingRules.Situation(
            newRows: try context.ledger.trainRows(of: ids), allRows: counts[.train] ?? 0, gateRows: counts[.gate] ?? 0,
            newestDrop: waiting.newest, lastRun: runs.first?.createdAt, isBusy: busy, hasServed: served != nil,
            continuations: runs.prefix { $0.mode != .fromBase }.count, servedBase: served?.base, now: Date())
        return (situation, ids)
    }
}

/// One sentence a pipeline: what it is doing or waiting for.
package final class ActivityBoard: Sendable {
    private let sentences = Mutex<[PipelineName: String]>([:])
    package init() {}
    package func set(_ pipeline: PipelineName, _ sentence: String) { sentences.withLock { $0[pipeline] = sentence } }
    package subscript(_ pipeline: PipelineName) -> String? { sentences.withLock { $0[pipeline] } }
}
