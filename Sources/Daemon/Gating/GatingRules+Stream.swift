import EvaluationMetrics
import Foundation
import Nouns
import Reports
import Settings

extension GatingRules.Evidence {
    /// The version that what is served may not fall below.
    package struct AnchorEvidence: Sendable {
        package var version: VersionID
        /// Its records on the same rows as the candidate's.
        package var records: [ExampleRecord]
        /// Promotions since it became the anchor.
        package var promotions: Int
        /// What else is to be said of it.
        package var note: String?
        /// Makes what is known of an anchor.
        package init(version: VersionID, records: [ExampleRecord], promotions: Int) {
            self.version = version
            self.records = records
            self.promotions = promotions
        }
    }
}

extension GatingRules {
    /// The gates of a stream of runs: the primary metric decides, the others are guards.
    static func streamed(_ judge: Comparing, _ primary: Primary) -> [GateResult] {
        var gates = [judge.overStream(primary)]
        for kept in primary.asked where kept != primary.own {
            gates.append(judge.notWorse(kept.metric, set: .gate, slice: kept.slice))
        }
        let guarded = guards(judge.evidence, judge.settings, primary)
        return gates + guarded.compactMap { judge.notBelowAnchor($0) }
    }
}

extension GatingRules.Comparing {
    /// The promotion rule of a stream, on the primary metric.
    func overStream(_ primary: GatingRules.Primary) -> GateResult {
        let key = primary.metric
        let margin = settings.margin ?? MetricRegistry.metric(key)?.margin ?? 0
        let place = GatingRules.JudgedRows(set: .gate, slice: primary.slice, candidate: [], reference: []).place
        var result = GateResult(
            rule: "\(key)\(place) follows the served model and stays above the anchor", kind: .stream, set: .gate,
            metric: key, slice: primary.slice, outcome: .fail, confidence: settings.confidence, margin: margin, rows: 0,
            explanation: "'\(key)' has no value that can be compared on these rows; a missing metric fails.")
        guard let metric = MetricRegistry.metric(key), metric.direction != .neutral,
            let rows = evidence.rows(set: .gate, slice: primary.slice), rows.count > 0,
            metric.value(rows.candidate) != nil, metric.value(rows.reference) != nil
        else { return result }
        result.rows = metric.ofItsKind(rows.candidate).count
        guard let found = metric.compare(rows.candidate, rows.reference, alpha: alpha, seed: seed) else {
            result.outcome = .inconclusive
            let counted = Quantity.counted(rows.count, "row is", "rows are")
            result.explanation = "\(counted) too few for a paired comparison."
            return result
        }
        var held: PairedComparison?
        if let anchor = evidence.anchor {
            let other = evidence.rows(set: .gate, slice: primary.slice, against: anchor.records)
            held = other.flatMap { metric.compare($0.candidate, $0.reference, alpha: alpha, seed: seed) }
            // An anchor that cannot be compared with must not be passed by.
            guard held != nil else { return result }
        }
        result.candidate = found.candidate
        result.reference = found.reference
        result.difference = found.difference
        result.lowerBound = found.lower
        result.upperBound = found.upper
        result.pValue = found.pValue(above: -margin)
        let promotions = evidence.anchor?.promotions ?? 0
        let (served, anchor) = (StreamRules.Difference(found), held.map { StreamRules.Difference($0) })
        let follows = StreamRules.follows(served: served, anchor: anchor, margin: margin)
        let holds = StreamRules.holds(
            served: served, anchor: anchor, promotions: promotions, margin: margin, alpha: alpha,
            tries: evidence.tries)
        let isWorse = found.upper < -margin || held.map { $0.upper < -margin } ?? false
        result.outcome = follows || holds ? .pass : isWorse ? .fail : .inconclusive
        result.explanation = explanation(key, found, held, margin, follows: follows, holds: holds)
        if result.outcome != .pass, let sentence = disagreement(metric, primary) {
            result.explanation += " " + sentence
        }
        if result.outcome == .inconclusive {
            result.rowsNeeded = found.rowsNeeded(margin: margin, alpha: alpha)
        }
        return result
    }

    /// What is to be said where the rows of the newest drops and those before disagree about a candidate; nil where
    /// they do not.
    private func disagreement(_ metric: Metric, _ primary: GatingRules.Primary) -> String? {
        guard evidence.hasEarlier, primary.slice == nil else { return nil }
        func compared(_ slice: String) -> PairedComparison? {
            evidence.rows(set: .gate, slice: slice).flatMap {
                metric.compare($0.candidate, $0.reference, alpha: alpha, seed: seed)
            }
        }
        guard let new = compared("drop=new"), let old = compared("drop=earlier"), new.lower > 0, old.upper < 0 else {
            return nil
        }
        return """
            Recent and older rows disagree: on the \(new.rows) gate rows of its new drops it is better \
            (\(text(new.candidate)) against \(text(new.reference))), on the \(old.rows) before them worse \
            (\(text(old.candidate)) against \(text(old.reference))). If the task has changed, have the newest drops \
            alone judge: gates.window = "drops:N".
            """
    }

    private func text(_ value: Double?) -> String { GatingRules.text(value) }

    private func explanation(
        _ key: MetricKey, _ found: PairedComparison, _ held: PairedComparison?, _ margin: Double, follows: Bool,
        holds: Bool
    ) -> String {
        var sentences = [
            """
            \(key) \(text(found.candidate)) against \(text(found.reference)): the difference (positive is \
            better) is \(text(found.difference)) with a standard error of \(text(found.standardError)).
            """
        ]
        if let held, let anchor = evidence.anchor {
            let error = StreamRules.error(alpha, promotions: anchor.promotions)
            let count = anchor.promotions
            let ago = count == 1 ? "1 promotion or further try" : "\(count) promotions and further tries"
            sentences.append(
                """
                The anchor \(anchor.version), \(ago) ago, has \(text(held.reference)); that \
                this one lies below it by \(text(margin)) or more has p = \(text(held.pValue(above: -margin))); \
                \(text(error)) is permitted for the promotion after \(anchor.promotions) others (of \(text(alpha / 2)) \
                for all, \(text(StreamRules.spent(alpha, promotions: anchor.promotions))) is spent), and \
                \(text(StreamRules.following)) where it is estimated to be better.
                """)
        } else {
            sentences.append("What is served is the anchor.")
        }
        if evidence.tries > 0 {
            let level = StreamRules.error(alpha, promotions: evidence.tries - 1)
            let before = evidence.tries == 1 ? "once" : "\(evidence.tries) times"
            sentences.append(
                """
                It was judged \(before) before, on fewer rows, so that \(text(level)) is permitted for \
                being not worse than what is served.
                """)
        }
        sentences.append(
            follows
                ? "It is estimated to be better, and is followed."
                : holds
                    ? "It is shown to be not worse by more than \(text(margin))."
                    : """
                    It is neither estimated to be better by a fifth of a standard error nor shown to be not worse by \
                    more than \(text(margin)) (\(GatingRules.chance(found.pValue(above: -margin)))).
                    """)
        if let note = evidence.anchor?.note { sentences.append(note) }
        return sentences.joined(separator: " ")
    }
}
