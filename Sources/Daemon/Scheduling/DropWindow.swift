import Foundation
import Ledger
import Nouns
import Settings

/// The drops that a run may learn from, and those among them that are new to what is served.
package struct DropWindow: Sendable {
    /// Stored drops within the window, oldest first.
    package var all: [StoredDrop]
    /// Those that are not in the lineage of what is served.
    package var unlearned: [StoredDrop]
    /// Those of them that no run was queued for yet.
    package var untried: [StoredDrop]

    package init(_ stored: [StoredDrop], learned: Set<DropID>, window: IncrementalSettings.Window, now: Date) {
        all =
            switch window {
            case .all: stored
            case .days(let days): stored.filter { $0.receivedAt >= now.addingTimeInterval(-Double(days) * 86_400) }
            case .drops(let count): Array(stored.suffix(count))
            }
        unlearned = all.filter { !learned.contains($0.id) }
        untried = unlearned.filter { !$0.isTried }
    }

    package static func rows(_ drops: [StoredDrop]) -> Int { drops.reduce(0) { $0 + $1.trainRows } }
}
