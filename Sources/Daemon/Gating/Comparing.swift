import EvaluationMetrics
import Foundation
import Nouns
import Reports
import Settings
import Statistics

extension GatingRules {
    /// Applies single gates to the evidence of one run.
    struct Comparing {
        let evidence: Evidence
        let settings: GatesSettings
        let seed: UInt64

        /// The level of every one-sided statement.
        var alpha: Double { Swift.min(Swift.max(1 - settings.confidence, 1e-6), 0.5) }

        /// Not worse than the reference by the margin or more; `widening` multiplies a margin that is not configured.
        func notWorse(_ key: MetricKey, set: SetName, slice: String? = nil, widening: Double = 1) -> GateResult {
            let margin = settings.margin ?? (MetricRegistry.metric(key)?.margin ?? 0) * widening
            let place = JudgedRows(set: set, slice: slice, candidate: [], reference: []).place
            return paired(
                "\(key)\(place) not worse than \(evidence.against) by more than \(text(margin))",
                kind: .nonInferiority,
                key, set: set, slice: slice, threshold: -margin)
        }

        /// Not worse than a gate's anchor by the margin or more; nil where the served model is the anchor.
        func notBelowAnchor(_ gate: GatingRules.GuardedGate) -> GateResult? {
            guard let anchor = evidence.anchor(of: gate.gate) else { return nil }
            let (key, set, slice) = (gate.gate.metric, gate.gate.set, gate.gate.slice)
            var surer = settings
            surer.confidence = 1 - StreamRules.guarding(alpha)
            return Self(evidence: evidence, settings: surer, seed: seed).paired(
                "\(gate.gate) not worse than its anchor by more than \(text(gate.margin))", kind: .nonInferiority, key,
                set: set, slice: slice, threshold: -gate.margin, against: anchor.records)
        }

        /// What the base knew is not forgotten: the loss on its own probe does not rise over the base's by the bound or
        /// more.
        func forgetting(_ most: Double) -> GateResult {
            paired(
                "what the base knew: loss on its probe not above the base's by more than \(text(most))",
                kind: .forgetting, .loss, set: .probe,
                slice: nil, threshold: -most, against: evidence.base)
        }

        /// Better than the reference by more than an amount.
        func better(_ key: MetricKey, set: SetName, slice: String?, by amount: Double) -> GateResult {
            let place = JudgedRows(set: set, slice: slice, candidate: [], reference: []).place
            return paired(
                "\(key)\(place) better than \(evidence.against)\(amount > 0 ? " by more than \(text(amount))" : "")",
                kind: .superiority, key, set: set, slice: slice, threshold: amount)
        }

        /// A configured `max_regression` or `min_improvement`, absolute or as a share of the reference's value.
        func change(_ rule: GateRuleSettings, amount: Double, improvement: Bool) -> GateResult {
            let named =
                "\(rule.metric) " + (improvement ? "min_improvement" : "max_regression") + " \(text(amount))"
                + (rule.relative ? " relative" : "")
            var absolute = amount
            if rule.relative {
                let rows = evidence.rows(set: rule.set, slice: rule.slice)
                guard let value = rows.flatMap({ MetricRegistry.metric(rule.metric)?.value($0.reference) }), value != 0
                else {
                    return missing(
                        named, rule,
                        "There is no value of '\(rule.metric)' other than 0 to take a share of; a missing metric fails."
                    )
                }
                absolute = amount * abs(value)
            }
            if let early = unusable(named, rule) { return early }
            let place = JudgedRows(set: rule.set, slice: rule.slice, candidate: [], reference: []).place
            let metric = MetricRegistry.metric(rule.metric)
            if !improvement, metric?.direction == .neutral {
                // Of what is neither better nor worse, such as the length of answers, more can still be too much.
                return paired(
                    "\(rule.metric)\(place) not above that of \(evidence.against) by more than \(text(absolute))",
                    kind: .nonInferiority, rule.metric, as: metric?.lowerIsBetter, set: rule.set, slice: rule.slice,
                    threshold: -absolute)
            }
            return improvement
                ? paired(
                    "\(rule.metric)\(place) better than \(evidence.against) by more than \(text(absolute))",
                    kind: .superiority, rule.metric, set: rule.set, slice: rule.slice, threshold: absolute)
                : paired(
                    "\(rule.metric)\(place) not worse than \(evidence.against) by more than \(text(absolute))",
                    kind: .nonInferiority, rule.metric, set: rule.set, slice: rule.slice, threshold: -absolute)
        }

        /// A configured `min` or `max` of the candidate's own value.
        func value(_ rule: GateRuleSettings) -> GateResult {
            let bounds = [rule.min.map { "at least \(text($0))" }, rule.max.map { "at most \(text($0))" }].compactMap {
                $0
            }
            let place = JudgedRows(set: rule.set, slice: rule.slice, candidate: [], reference: []).place
            let asked = bounds.isEmpty ? "" : " " + bounds.joined(separator: " and ")
            let named = "\(rule.metric)\(place)\(asked)"
            if let early = unusable(named, rule) { return early }
            guard !bounds.isEmpty else {
                return missing(
                    named, rule, "The rule asks for nothing: give min, max, max_regression or min_improvement.")
            }
            guard let rows = evidence.rows(set: rule.set, slice: rule.slice),
                let metric = MetricRegistry.metric(rule.metric),
                let value = metric.value(rows.candidate)
                    ?? (rule.slice == nil ? evidence.evaluatorFigure(rule.metric, model: .candidate) : nil)
            else { return missing(named, rule, "'\(rule.metric)' has no value on these rows; a missing metric fails.") }
            var faults: [String] = []
            if let least = rule.min, !(value >= least) { faults.append("below the minimum of \(text(least))") }
            if let most = rule.max, !(value <= most) { faults.append("above the maximum of \(text(most))") }
            var result = GateResult(
                rule: named, kind: .value, set: rule.set, metric: rule.metric, slice: rule.slice,
                outcome: faults.isEmpty ? .pass : .fail, candidate: value, reference: metric.value(rows.reference),
                rows: rows.count,
                explanation: "\(rule.metric)\(place) is \(text(value))"
                    + (faults.isEmpty ? ", as asked." : ", " + faults.joined(separator: " and ") + "."))
            if metric.isShare {
                let count = metric.ofItsKind(rows.candidate).count
                let hits = Int((value * Double(count)).rounded())
                let interval = ProportionInterval.wilson(successes: hits, count: count)
                result.explanation +=
                    " On \(count) rows its 95 % interval is \(text(interval.lower)) to \(text(interval.upper))."
            }
            return result
        }

        /// A result that ends the matter before any test: unknown metric or set, a slice without or with too few rows.
        private func unusable(_ named: String, _ rule: GateRuleSettings) -> GateResult? {
            guard MetricRegistry.metric(rule.metric) != nil else {
                return missing(named, rule, "There is no metric '\(rule.metric)'; a missing metric fails.")
            }
            guard evidence.sets.contains(rule.set) else {
                let known = evidence.sets.map(\.rawValue).joined(separator: ", ")
                return missing(
                    named, rule, "There is no evaluation set '\(rule.set)' (there are: \(known)); a missing set fails.")
            }
            guard let slice = rule.slice else { return nil }
            let count = evidence.rows(set: rule.set, slice: slice)?.count ?? 0
            if count == 0 { return missing(named, rule, "The slice '\(slice)' has no rows; a missing slice fails.") }
            guard count < rule.minimumSliceRows else { return nil }
            var result = missing(
                named, rule,
                """
                The slice '\(slice)' has \(Quantity.counted(count, "row")), and \(rule.minimumSliceRows) are asked for.
                """
            )
            result.outcome = .inconclusive
            result.rows = count
            result.rowsNeeded = rule.minimumSliceRows
            return result
        }

        private func missing(_ named: String, _ rule: GateRuleSettings, _ why: String) -> GateResult {
            GateResult(
                rule: named, kind: rule.min != nil || rule.max != nil ? .value : .change, set: rule.set,
                metric: rule.metric, slice: rule.slice, outcome: .fail, rows: 0, explanation: why)
        }

        /// Candidate against reference on the same rows: is the difference shown to be above the threshold?
        private func paired(
            _ named: String, kind: GateResult.Kind, _ key: MetricKey, as given: Metric? = nil, set: SetName,
            slice: String?,
            threshold: Double, against other: [ExampleRecord]? = nil
        ) -> GateResult {
            let claim = kind == .superiority
            var result = GateResult(
                rule: named, kind: kind, set: set, metric: key, slice: slice, outcome: .fail,
                confidence: settings.confidence, margin: claim ? nil : -threshold, rows: 0, explanation: "")
            guard let metric = given ?? MetricRegistry.metric(key) else {
                result.explanation = "There is no metric '\(key)'; a missing metric fails."
                return result
            }
            guard metric.direction != .neutral else {
                result.explanation =
                    "Neither more nor less of '\(key)' is better; only min, max and max_regression can gate it."
                return result
            }
            guard let rows = evidence.rows(set: set, slice: slice, against: other), rows.count > 0 else {
                result.explanation =
                    "There are no rows\(slice.map { " of \($0)" } ?? "") in the set '\(set)'; missing rows fail."
                return result
            }
            result.rows = metric.ofItsKind(rows.candidate).count
            result.candidate = metric.value(rows.candidate)
            result.reference = metric.value(rows.reference)
            guard result.candidate != nil, result.reference != nil else {
                result.explanation = "'\(key)' has no value on some of the \(rows.count) rows; a missing metric fails."
                return result
            }
            guard let found = metric.compare(rows.candidate, rows.reference, alpha: alpha, seed: seed) else {
                result.outcome = .inconclusive
                let counted = Quantity.counted(rows.count, "row is", "rows are")
                result.explanation = "\(counted) too few for a paired comparison."
                return result
            }
            let p = found.pValue(above: threshold)
            result.difference = found.difference
            result.lowerBound = found.lower
            result.upperBound = found.upper
            result.pValue = p
            let passed = claim ? p <= alpha && found.difference > threshold : found.lower > threshold
            // Shown not to be so: even the upper bound does not reach it.
            let failed = claim ? found.upper <= threshold : found.upper < threshold
            result.outcome = passed ? .pass : failed ? .fail : .inconclusive
            result.explanation =
                """
                \(key) \(text(found.candidate)) against \(text(found.reference)): the difference (positive is \
                better) is 
                """
                    + """
                    \(text(found.difference)), with \(text(settings.confidence * 100)) % confidence at least \
                    \(text(found.lower)); 
                    """
                + "asked for more than \(text(threshold)) (\(GatingRules.chance(p))). By \(found.test)."
            if result.outcome == .inconclusive {
                result.rowsNeeded = found.rowsNeeded(margin: -threshold, alpha: alpha)
                result.explanation +=
                    result.rowsNeeded.map { " If the difference is real, about \($0) gate rows would show it." }
                    ?? " At this difference no number of rows would show it."
            }
            return result
        }
    }
}
