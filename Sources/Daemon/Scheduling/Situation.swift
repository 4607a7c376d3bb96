import Foundation
import Nouns
import Settings

extension SchedulingRules {
    /// What is known of a pipeline at one moment.
    package struct Situation: Sendable {
        /// Training rows that no run was queued for yet.
        package var newRows: Int
        /// What of them is known already; nil where all are to be learnt.
        package var known: KnownRows?
        /// Training rows that runs saw, but not what is served: those runs failed, were cancelled, rejected, or rolled
        /// back.
        package var leftRows: Int
        /// Training rows within the window.
        package var allRows: Int
        package var gateRows: Int
        /// When the newest and the oldest of the drops with new rows were stored.
        package var newestDrop: Date?
        package var oldestDrop: Date?
        package var lastRun: Date?
        package var isBusy: Bool
        package var hasServed: Bool
        package var servedBase: BaseID?
        /// Whether the next run goes on from a model that is not served.
        package var hasUnproven = false
        /// Continuations of the served model since it was trained from the base.
        package var continuations: Int
        /// Runs since one from the base was last tried, whatever became of it.
        package var runsSinceFromBase: Int
        /// Rise of the loss on earlier drops or on the base's probe, summed over the served model's continuations and
        /// the newest run.
        package var forgotten: Double
        /// Whether the rows' answers are classes, so that the loss is none of what they are judged by.
        package var hasClasses = false
        package var now: Date

        package init(
            newRows: Int, leftRows: Int = 0, allRows: Int, gateRows: Int, newestDrop: Date?, oldestDrop: Date? = nil,
            lastRun: Date?, isBusy: Bool,
            hasServed: Bool, servedBase: BaseID?, continuations: Int, runsSinceFromBase: Int = 0, forgotten: Double = 0,
            now: Date
        ) {
            self.newRows = newRows
            self.leftRows = leftRows
            self.allRows = allRows
            self.gateRows = gateRows
            self.newestDrop = newestDrop
            self.oldestDrop = oldestDrop
            self.lastRun = lastRun
            self.isBusy = isBusy
            self.hasServed = hasServed
            self.servedBase = servedBase
            self.continuations = continuations
            self.runsSinceFromBase = runsSinceFromBase
            self.forgotten = forgotten
            self.now = now
        }
    }
}
