import Ledger
import Nouns
import Settings
import StageKit

/// The drops that what is served is still to be asked about, before anything learns them.
package struct UnansweredDrops: Sendable {
    /// What is to answer.
    package var served: ModelVersion
    /// Oldest first.
    package var drops: [StoredDrop]

    /// Nil where the base alone is served. A drop is asked about once, before a run is queued for it, by the version
    /// that is served then, unless that version's snapshot holds the drop.
    package static func of(_ pipeline: PipelineName, _ context: StageContext) throws -> UnansweredDrops? {
        guard let served = try context.served(pipeline) else { return nil }
        let waiting = try context.ledger.storedDrops(pipeline, untried: true).filter { $0.trainRows > 0 }
        guard !waiting.isEmpty else { return UnansweredDrops(served: served, drops: []) }
        let answered = try context.ledger.answers(to: waiting.map(\.id))
        let unanswered = waiting.filter { answered[$0.id] == nil }
        let held = unanswered.isEmpty ? [] : Set(try context.ledger.snapshot(served.snapshot)?.drops ?? [])
        return UnansweredDrops(served: served, drops: unanswered.filter { !held.contains($0.id) })
    }
}
