import Foundation
import Reports
import Settings

extension SchedulingRules {
    /// Waits where what is new is known already; nil where what is not known asks for a run.
    ///
    /// What was answered wrongly, was not asked or has a new class starts a run once it is
    /// `trigger.minimum_new_rows`, or once it has waited `trigger.known_days`.
    static func skip(_ known: KnownRows, _ s: Situation, _ settings: PipelineSettings) -> Decision? {
        let trigger = settings.trigger
        let left = s.newRows - known.rows
        let figures =
            """
            what is served answers \(known.asked - known.wrong) of \(known.asked) new rows rightly \
            (trigger.skip_known)
            """
        if left <= 0 { return .wait("nothing to learn: \(figures)", until: nil) }
        guard left + s.leftRows < trigger.minimumNewRows else { return nil }
        let due = s.oldestDrop?.addingTimeInterval(Double(trigger.knownDays) * 86_400)
        if let due, due <= s.now { return nil }
        return .wait(
            """
            \(Quantity.counted(left, "row is", "rows are")) left to learn (\(trigger.minimumNewRows) start a run): \
            \(figures)
            """, until: due)
    }
}
