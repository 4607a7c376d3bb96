import Foundation
import Ledger
import Nouns
import Settings
import Statistics

/// Which of the new rows are known already: those that what is served answers rightly, where few enough are answered
/// wrongly.
package struct KnownRows: Hashable, Sendable {
    /// Training rows that need not be learnt.
    package var rows: Int
    /// Rows that were asked, and how many of them were answered wrongly.
    package var asked: Int
    package var wrong: Int
    /// The upper 95 % bound of the share that is answered wrongly.
    package var bound: Double

    package init(rows: Int, asked: Int, wrong: Int, bound: Double) {
        self.rows = rows
        self.asked = asked
        self.wrong = wrong
        self.bound = bound
    }

    /// What is known of new drops; nil where too many rows are answered wrongly, too few were asked to say so, or
    /// nothing that was asked can be right or wrong.
    ///
    /// All drops that no run was queued for yet are taken together, so that many small ones say as much as a large one.
    /// Answers of another version than the one that is served say nothing.
    package static func of(
        _ drops: [StoredDrop], _ answers: [DropID: DropAnswers], by served: VersionID, _ trigger: TriggerSettings
    ) -> KnownRows? {
        guard trigger.skipKnown else { return nil }
        let told = drops.compactMap { drop in
            answers[drop.id].flatMap { $0.version == served && $0.share != nil ? $0 : nil }
        }
        let asked = told.reduce(0) { $0 + $1.asked }
        let wrong = told.reduce(0) { $0 + $1.asked - $1.right }
        guard asked > 0, wrong < asked else { return nil }
        // Clopper and Pearson (Biometrika 26, 1934), one-sided.
        let bound = BetaDistribution.quantile(0.95, Double(wrong + 1), Double(asked - wrong))
        guard bound < trigger.knownWrong else { return nil }
        let rows = told.reduce(0) { $0 + $1.known }
        return rows > 0 ? KnownRows(rows: rows, asked: asked, wrong: wrong, bound: bound) : nil
    }
}
