import EvaluationMetrics
import Foundation
import Nouns
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
    /// What the gate rows that there are by now say of the served version against the anchor, with the figures in
    /// words; nil where what is served is the anchor, or nothing can be said.
    package static func look(_ evidence: Evidence, _ settings: GatesSettings, seed: UInt64)
        -> (found: StreamRules.Look, reason: String)?
    {
        guard let anchor = evidence.anchor, let served = evidence.served, served.count == anchor.records.count else {
            return nil
        }
        let primary = Primary(evidence, settings)
        guard let metric = MetricRegistry.metric(primary.metric), metric.direction != .neutral else { return nil }
        let chosen = served.indices.filter {
            served[$0].set == .gate && matches(primary.slice, served[$0], evidence)
        }
        let (now, before) = (chosen.map { MetricInput(served[$0]) }, chosen.map { MetricInput(anchor.records[$0]) })
        let alpha = Swift.min(Swift.max(1 - settings.confidence, 1e-6), 0.5)
        guard let found = metric.compare(now, before, alpha: alpha, seed: seed),
            let reverse = metric.compare(before, now, alpha: alpha, seed: seed)
        else { return nil }
        let look = StreamRules.look(
            .init(found), reverse: .init(reverse), promotions: anchor.promotions, alpha: alpha)
        let reason =
            """
            on \(found.rows) gate rows \(primary.metric) \(text(found.candidate)) against \(text(found.reference)) \
            of the anchor \(anchor.version)
            """
        return (look, reason)
    }

    /// The gates of a stream of runs: the primary metric decides, the others are guards.
    static func streamed(_ judge: Comparing, _ primary: Primary) -> [GateResult] {
        var gates = [judge.overStream(primary)]
        for kept in primary.kept where kept.metric != primary.metric || kept.slice != primary.slice {
            if primary.isAboutClasses, kept.metric == .loss { continue }
            gates.append(judge.notWorse(kept.metric, set: .gate, slice: kept.slice))
            if judge.evidence.anchor != nil { gates.append(judge.notBelowAnchor(kept.metric, slice: kept.slice)) }
        }
        return gates
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
            result.explanation = "\(rows.count) rows are too few for a paired comparison."
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
            served: served, anchor: anchor, promotions: promotions, margin: margin, alpha: alpha)
        let isWorse = found.upper < -margin || held.map { $0.upper < -margin } ?? false
        result.outcome = follows || holds ? .pass : isWorse ? .fail : .inconclusive
        result.explanation = explanation(key, found, held, margin, follows: follows, holds: holds)
        if result.outcome == .inconclusive {
            result.rowsNeeded = found.rowsNeeded(margin: margin, alpha: alpha)
        }
        return result
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
            sentences.append(
                """
                The anchor \(anchor.version), \(anchor.promotions) promotions ago, has \(text(held.reference)); that \
                this one lies below it by \(text(margin)) or more has p = \(text(held.pValue(above: -margin))); \
                \(text(error)) is permitted for the promotion after \(anchor.promotions) others, and \
                \(text(StreamRules.plausible)) where it is estimated to be better.
                """)
        } else {
            sentences.append("What is served is the anchor.")
        }
        sentences.append(
            follows
                ? "It is estimated to be better, and is followed."
                : holds
                    ? "It is shown to be not worse by more than \(text(margin))."
                    : """
                    It is neither estimated to be better by half a standard error nor shown to be not worse by more \
                    than \(text(margin)) (p = \(text(found.pValue(above: -margin)))).
                    """)
        if let note = evidence.anchor?.note { sentences.append(note) }
        return sentences.joined(separator: " ")
    }
}
