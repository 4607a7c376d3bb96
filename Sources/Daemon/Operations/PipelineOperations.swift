import ControlProtocol
import Foundation
import Judged
import Launching
import Ledger
import Nouns
import Promotion
import Scheduling
import Serving
import Settings
import StageKit

/// What people ask about pipelines and of them.
package struct PipelineOperations: Sendable {
    let context: StageContext
    let scheduling: SchedulingService
    let promotion: PromotionService
    let serving: any ServingPath
    /// What engines say of themselves (nil: nobody can be asked).
    let roster: EngineRoster?
    let retirement: Retirement

    /// - Parameter who: whom they are shown to; nil for the daemon itself.
    package func list(for who: Principal? = nil) throws -> [PipelineSummary] {
        let sight = Sight(context.ledger, who)
        return try context.settings.pipelines.map { try summary($0, sight) }
    }

    /// Throws a Failure (`pipeline.unknown`) where no such pipeline is configured.
    package func show(_ name: PipelineName, for who: Principal? = nil) throws -> PipelineSummary {
        try summary(context.requirePipeline(name), Sight(context.ledger, who))
    }

    /// The settings in force, with what an experiment's winner changed of them.
    package func settings(_ name: PipelineName) throws -> PipelineSettingsAnswer {
        let (settings, notes) = try context.effective(context.requirePipeline(name))
        return PipelineSettingsAnswer(
            pipeline: name, file: settings.file, toml: SettingsText.toml(settings, notes: notes))
    }

    /// What would come of the pipeline's file as it is on disk now; nothing is put into force.
    package func check(_ name: PipelineName) async throws -> PipelineCheckAnswer {
        try await PipelineCheck(context: context, roster: roster).answer(name)
    }

    /// What is wrong with settings in force so that no run could pass or work; the same code as ``check(_:)``.
    package static func objections(_ context: StageContext) -> @Sendable (PipelineSettings) -> [Failure] {
        { settings in
            do { return try PipelineCheck(context: context, roster: nil).objections(to: settings) } catch {
                return [StageContext.failure(error, code: "pipeline.check")]
            }
        }
    }

    /// Queues a run, whatever the triggers say.
    package func run(_ name: PipelineName, _ request: RunRequest, who: String) throws -> Run {
        try scheduling.request(
            name, mode: request.mode, engine: request.engine, by: who,
            reason: request.reason ?? "requested by \(who)")
    }

    package func rollback(_ name: PipelineName, _ request: RollbackRequest, who: String) throws -> PromotionRecord {
        try promotion.rollback(name, to: request.version, who: who, reason: request.reason)
    }

    /// What was served, the newest first; with a time, the one record that was in force then, or none.
    package func history(_ name: PipelineName, _ query: HistoryQuery = HistoryQuery()) throws -> [PromotionRecord] {
        try context.requireKnown(name)
        guard let at = query.at else { return try withNewRows(context.ledger.history(name), of: name) }
        let found = try context.ledger.history(name, limit: Int.max).first { $0.at <= at }
        return try withNewRows(found.map { [$0] } ?? [], of: name)
    }

    package func verify(_ name: PipelineName) throws -> VerifyAnswer {
        try context.requireKnown(name)
        return try context.ledger.verify(name)
    }

    /// Ends a pipeline whose settings file was moved away.
    package func retire(_ name: PipelineName, _ request: RetireRequest, who: String) throws -> RetireAnswer {
        try retirement.retire(name, request, who: who)
    }

    /// Gives a pipeline whose settings file was moved away another name.
    package func rename(_ name: PipelineName, _ request: RenameRequest, who: String) throws -> RenameAnswer {
        try retirement.rename(name, request, who: who)
    }

    private func summary(_ pipeline: PipelineSettings, _ sight: Sight) throws -> PipelineSummary {
        let served = try context.ledger.served(pipeline.name)
        let last = try context.ledger.runs(pipeline: pipeline.name, limit: 1).first
        let shown = try context.ledger.runs(pipeline: pipeline.name, limit: 1, seenBy: sight.owner).first
        let waiting = context.waiting[pipeline.name]
        return PipelineSummary(
            name: pipeline.name, base: try context.effective(pipeline).settings.base,
            dropFolder: context.dropFolder(pipeline), rows: try context.ledger.rowCounts(pipeline.name),
            drops: try context.ledger.dropCount(in: .stored, pipeline: pipeline.name), served: served?.version,
            servedSince: served?.since, lastRun: shown?.id, lastRunState: shown?.state,
            activity: try activity(pipeline, last, sight),
            problems: try context.problems.all(prefix: "drop:\(pipeline.name):", seenBy: sight)
                + context.problems.all(prefix: "check:\(pipeline.name):")
                + [context.problems.problem(of: "pipeline:\(pipeline.name)"), failure(of: last)].compactMap(\.self),
            waiting: waiting.isEmpty ? nil : waiting, remarks: try remarks(pipeline, served?.version))
    }

    /// A last run that failed: nothing goes on by itself before somebody has looked at it.
    private func failure(of last: Run?) -> Failure? {
        // Whoever made a job asks for it by its own name.
        guard let last, last.state == .failed, last.purpose != .trial, last.job == nil else { return nil }
        return Failure(
            code: "run.failed",
            "The last run of '\(last.pipeline)', \(last.id), failed: \(last.cause?.message ?? "it did not say why")",
            at: last.cause?.place,
            remedy: "\(last.cause?.remedy.map { $0 + " " } ?? "")Then: `ftctl run \(last.pipeline)`.")
    }

    /// What it is doing or waiting for, in a sentence; what a person has to do comes first.
    private func activity(_ pipeline: PipelineSettings, _ last: Run?, _ sight: Sight) throws -> String {
        if let last, try !sight.sees(last) {
            if last.state.isUnderWay { return "at work on somebody else's job" }
        } else if let last {
            if last.state == .accepted, try !FrozenSettings.promotesItself(last, context) {
                let voice = try FrozenSettings.oneVoice(last, context).map {
                    " (all that is new in it was chosen by \($0))"
                }
                return "run \(last.id) passed and waits for `ftctl promote \(last.id)`\(voice ?? "")"
            }
            if last.state.isActive || last.state == .queued || last.paused != nil {
                return try whatItWaitsFor(last, sight)
            }
        }
        return pipeline.enabled ? try sight.told(scheduling.activity[pipeline.name] ?? "starting") : "not enabled"
    }
}
