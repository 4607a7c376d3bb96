import ControlProtocol
import Foundation
import Judged
import Ledger
import Nouns
import Promotion
import StageKit
import Supervision

/// What people ask about runs and of them.
package struct RunOperations: Sendable {
    let context: StageContext
    let supervision: SupervisionService
    let promotion: PromotionService
    let feedback: FeedbackOperations

    /// Runs, the newest first, without those of others' jobs. Throws a Failure (`pipeline.unknown`) where nothing
    /// was ever known of the pipeline.
    package func list(_ query: RunQuery, for who: Principal) throws -> [Run] {
        try context.requireKnown(query.pipeline)
        let sight = Sight(context.ledger, who)
        let runs = try context.ledger.runs(
            pipeline: query.pipeline, state: query.state, limit: query.limit, seenBy: sight.owner)
        return try sight.isNarrow() ? runs.map { try sight.told($0) } : runs
    }

    /// The run as somebody sees it. Throws a Failure (`run.unknown`) where there is no such run.
    package func show(_ id: RunID, for who: Principal) throws -> Run {
        try Sight(context.ledger, who).told(show(id))
    }

    /// Throws a Failure (`run.unknown`) where there is no such run.
    package func show(_ id: RunID) throws -> Run {
        guard let run = try context.ledger.run(id) else { throw try unknown(id) }
        return run
    }

    /// What is said of a run that there is none of: where the number in it is that of a run, which one.
    private func unknown(_ id: RunID) throws -> Failure {
        let digits = id.rawValue.filter { $0.isASCII && $0.isNumber }
        let meant = Int(digits).map { RunID(String(format: "r-%06ld", $0)) }
        let isThere = try meant.map { try context.ledger.run($0) != nil } ?? false
        return Failure(
            code: "run.unknown", "There is no run '\(id)'.", at: id.rawValue,
            remedy: isThere ? meant.map { "Did you mean '\($0)'?" } : "See `ftctl runs`.")
    }

    /// The live story; for runs of before the last restart, what the ledger kept of it.
    package func notices(_ id: RunID, _ query: NoticeQuery) throws -> AsyncStream<RunNotice> {
        let run = try show(id)
        let promotesItself =
            try run.state == .accepted && context.settings.pipeline(run.pipeline) != nil
            && FrozenSettings.promotesItself(run, context)
        guard run.state.endsStory(promotesItself: promotesItself) else {
            return context.feed.notices(id, from: query.from, follow: query.follow)
        }
        let kept = try context.ledger.transitions(id).enumerated().map { index, transition in
            RunNotice(index: index, at: transition.at, run: id, state: transition.state, message: transition.message)
        }
        return AsyncStream { continuation in
            for notice in kept where notice.index >= query.from { continuation.yield(notice) }
            continuation.finish()
        }
    }

    /// Everything that the report of a run shows; what is not there is left out, as are rows of others' files.
    ///
    /// - Parameter who: whom it is shown to; nil for the daemon itself.
    package func report(_ id: RunID, for who: Principal? = nil) throws -> ReportData {
        try RunReport.data(show(id), context, feedback, Sight(context.ledger, who))
    }

    /// Judged rows as the candidate and the model before it answered them, the highest loss first, without rows of
    /// others' files.
    ///
    /// Throws a Failure: `gating.scores_missing` where the run was not evaluated, `request.set` where it was not asked
    /// such a set.
    package func examples(_ id: RunID, _ query: ExampleQuery, for who: Principal? = nil) throws -> [ExampleComparison] {
        let run = try show(id)
        let rows = try JudgedRows(run, context).seen(by: Sight(context.ledger, who), in: run.pipeline)
        let set = query.set.map { SetName($0) }
        if let set, !rows.sets.contains(set) {
            throw QueryFault.value("set", set.rawValue, allowed: .choice(rows.sets.map(\.rawValue)))
        }
        return rows.examples(query.order, set: set, limit: query.limit)
    }

    package func promote(_ id: RunID, _ request: PromoteRequest, who: String) throws -> PromotionRecord {
        _ = try show(id)
        return try promotion.promote(id, who: who, reason: request.reason, force: request.force)
    }

    package func cancel(_ id: RunID, who: String) throws -> Run { try supervision.cancel(show(id).id, by: who) }
    package func pause(_ id: RunID, who: String) throws -> Run { try supervision.pause(show(id).id, by: who) }
    package func resume(_ id: RunID, who: String) throws -> Run { try supervision.resume(show(id).id, by: who) }
}
