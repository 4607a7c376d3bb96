import ControlProtocol
import Feedback
import Foundation
import Ledger
import Nouns
import StageKit

/// What people say of answers.
package struct FeedbackOperations: Sendable {
    let context: StageContext
    package let store: CompletionStore
    let drops: DropOperations

    init(_ context: StageContext, drops: DropOperations) {
        self.context = context
        self.drops = drops
        store = CompletionStore(context)
    }

    /// Rates a kept completion of the caller's; the same again changes nothing.
    ///
    /// Throws a Failure: `completion.unknown`, `completion.deleted`, `completion.expired`, `feedback.sensitive`, and
    /// where the row that was made of it cannot be withdrawn now.
    package func rate(_ request: FeedbackRequest, who: Principal) throws -> FeedbackEntry {
        let rating = Rating(
            isGood: request.rating == .good, correction: request.correction, by: request.by ?? who.name,
            note: request.note, at: Date())
        let stored = try store.rate(request.completion, rating, who: who) { try withdraw($0, who: who) }
        let kept = stored.ratings.first { $0.by == rating.by } ?? rating
        return try entry(stored, kept)
    }

    /// The ratings of the caller's kept completions of a pipeline, the newest first.
    package func list(_ pipeline: PipelineName, _ query: FeedbackQuery, who: Principal) throws -> [FeedbackEntry] {
        try context.requireKnown(pipeline)
        return try store.rated(pipeline, who: who, limit: query.limit).map { try entry($0.stored, $0.rating) }
    }

    /// What was said of the answers of each version of a pipeline that somebody has rated; of the base under nil.
    package func shares(_ pipeline: PipelineName) -> [VersionID?: FeedbackShare] {
        store.tallies(pipeline).compactMapValues { tally in
            tally.badShare.map { bad in
                FeedbackShare(good: tally.good, bad: tally.bad, lower: bad.bounds.lower, upper: bad.bounds.upper)
            }
        }
    }

    /// Withdraws a drop of feedback with everything that is kept of its rows.
    func withdraw(_ drop: DropID, who: Principal) throws {
        guard try context.ledger.drop(drop) != nil else { return }
        let reason = "an answer that it was made of was deleted or rated anew"
        _ = try drops.revoke(drop, RevokeRequest(reason: reason, erase: true), who: who)
    }

    private func entry(_ stored: StoredCompletion, _ rating: Rating) throws -> FeedbackEntry {
        FeedbackEntry(
            completion: stored.id, pipeline: stored.pipeline, version: stored.version,
            rating: rating.isGood ? .good : .bad, correction: rating.correction, by: rating.by, note: rating.note,
            at: rating.at, drop: stored.drop, dropState: try stored.drop.flatMap { try context.ledger.drop($0) }?.state)
    }
}
