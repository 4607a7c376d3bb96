import ControlProtocol
import Foundation
import Monitoring
import Nouns

extension CompletionStore {
    /// What was said of the answers of each version of a pipeline that are kept; of the base under nil.
    package func tallies(_ pipeline: PipelineName) -> [VersionID?: Tally] {
        readAll()
        let entries = state.withLock { state in state.entries.values.filter { $0.pipeline == pipeline } }
        return Dictionary(grouping: entries, by: \.version).mapValues { Tally($0.flatMap(\.ratings)) }
    }

    /// How many completions of a pipeline are kept.
    package func count(_ pipeline: PipelineName) -> Int {
        readAll()
        return state.withLock { state in state.entries.values.count { $0.pipeline == pipeline } }
    }

    /// Rates a completion: the same again changes nothing, another of the same rater takes the place of his former one.
    ///
    /// Where a row was made of it that would be another one now, that row is withdrawn, and the completion becomes a
    /// row anew.
    ///
    /// - Parameter withdraw: withdraws a drop with everything that is kept of its rows.
    package func rate(_ id: String, _ rating: Rating, who: Principal, withdraw: (DropID) throws -> Void) throws
        -> StoredCompletion
    {
        let former = try find(id, who: who)
        if former.ratings.contains(where: { $0.isSame(as: rating) }) { return former }
        if let drop = former.drop {
            try withdraw(drop)
            try release(drop)
        }
        let rated = try change(id, who: who) { stored in
            stored.ratings.removeAll { $0.by == rating.by }
            stored.ratings.append(rating)
        }
        context.meters.count(.ratings, "\(rated.pipeline)", rating.isGood ? "good" : "bad")
        return rated
    }

    /// What was said of somebody's completions of a pipeline, the newest first.
    package func rated(_ pipeline: PipelineName, who: Principal, limit: Int) throws -> [(
        stored: StoredCompletion, rating: Rating
    )] {
        readAll()
        return try state.withLock { state in
            let votes = state.entries.filter { $0.value.pipeline == pipeline && who.owns($0.value.owner) }
                .flatMap { id, entry in entry.ratings.map { (id: id, vote: $0) } }
                .sorted { ($0.vote.at, $0.id) > ($1.vote.at, $1.id) }
            return try votes.prefix(limit).compactMap { id, vote in
                let stored = try files.read(pipeline, id)
                return stored.ratings.first { $0.by == vote.by }.map { (stored, $0) }
            }
        }
    }

    /// Completions of a pipeline that are to become rows: rated, and without a drop that is there.
    ///
    /// - Parameter usesApproved: whether those whose answers are good are among them.
    func pending(_ pipeline: PipelineName, usesApproved: Bool) throws -> [StoredCompletion] {
        readAll()
        return try state.withLock { state in
            try state.order.compactMap { id in
                guard let entry = state.entries[id], entry.pipeline == pipeline,
                    entry.hasCorrection
                        || (usesApproved && !entry.ratings.isEmpty && entry.ratings.allSatisfy(\.isGood))
                else { return nil }
                // One whose drop was never made, since the daemon was killed in between, is to be dropped as well.
                if let drop = entry.drop, try context.ledger.drop(drop) != nil { return nil }
                return try files.read(pipeline, id)
            }
        }
    }

    /// Notes that completions become rows of a drop.
    func mark(_ ids: [String], drop: DropID) throws {
        try state.withLock { state in
            for id in ids {
                guard let entry = state.entries[id] else { continue }
                var stored = try files.read(entry.pipeline, id)
                stored.drop = drop
                try write(stored, &state)
            }
        }
    }
}
