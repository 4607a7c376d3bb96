import Contracts
import Foundation
import Settings
import Statistics

/// The judgement itself: per-example records in, a verdict with every number out. Pure.
package enum GatingRules {
    /// Records by model (`candidate`, `served`, `base`), all on the same rows.
    package struct Evidence: Sendable {
        package var candidate: [ExampleRecord]
        package var served: [ExampleRecord]?
        package var base: [ExampleRecord]
        package var baseline: VersionID?
        package init(candidate: [ExampleRecord], served: [ExampleRecord]?, base: [ExampleRecord], baseline: VersionID?) {
            self.candidate = candidate
            self.served = served
            self.base = base
            self.baseline = baseline
        }
    }

    /// Margins where the pipeline names none: what a person would still call "not worse".
    static func margin(_ metric: String, _ settings: GatesSettings) -> Double { settings.margin ?? 0.02 }

    /// The verdict on one run.
    package static func judge(_ evidence: Evidence, _ settings: GatesSettings, training: TrainingResult?, seed: UInt64, at date: Date) -> Verdict {
        let reference = evidence.served ?? evidence.base
        let against = evidence.served == nil ? "the base" : "the served model"
        let candidate = ExampleFigures(evidence.candidate)
        let other = ExampleFigures(reference)
        var figures = ["candidate": ["gate": candidate.values], "base": ["gate": ExampleFigures(evidence.base).values]]
        if let served = evidence.served { figures["served"] = ["gate": ExampleFigures(served).values] }

        let primary = settings.primary ?? (candidate.values["accuracy"] != nil ? "accuracy" : "loss")
        var gates = [integrity(evidence, reference)]
        var guarded = ["loss"]
        if candidate.values["accuracy"] != nil { guarded.append("accuracy") }
        if !guarded.contains(primary) { guarded.append(primary) }
        for metric in guarded {
            gates.append(
                paired(
                    metric, evidence.candidate, reference, margin: margin(metric, settings), kind: "non_inferiority", settings: settings, seed: seed,
                    against: against))
        }
        if settings.requireImprovement {
            gates.append(
                paired(primary, evidence.candidate, reference, margin: 0, kind: "superiority", settings: settings, seed: seed, against: against))
        }
        gates += settings.rules.map { rule in threshold(rule, evidence.candidate, reference) }

        let outcome: Verdict.Outcome =
            gates.contains { $0.outcome == .fail } ? .fail : gates.contains { $0.outcome == .inconclusive } ? .inconclusive : .pass
        return Verdict(
            outcome: outcome, summary: summary(outcome, primary, candidate, other, against, gates), gates: gates,
            advice: outcome == .pass ? [] : advice(gates, primary, candidate, training), baseline: evidence.baseline, figures: figures,
            confusion: candidate.confusion, seed: seed, judgedAt: date)
    }

    /// The records must be of the same rows, finite, and the adapter must change something.
    private static func integrity(_ evidence: Evidence, _ reference: [ExampleRecord]) -> GateResult {
        var fault: String?
        if evidence.candidate.isEmpty { fault = "there are no gate rows" }
        if evidence.candidate.map(\.row) != reference.map(\.row) || evidence.candidate.map(\.row) != evidence.base.map(\.row) {
            fault = "the models were not scored on the same rows"
        }
        if let bad = evidence.candidate.first(where: { !$0.lossSum.isFinite }) { fault = "the loss on row \(bad.row) is \(bad.lossSum)" }
        if !evidence.candidate.isEmpty, zip(evidence.candidate, evidence.base).allSatisfy({ $0.lossSum == $1.lossSum }) {
            fault = "the candidate gives exactly the base's losses, so the adapter changes nothing"
        }
        return GateResult(
            rule: "the scores are sound", kind: "integrity", set: "gate", metric: "loss", outcome: fault == nil ? .pass : .fail, rows: evidence.candidate.count,
            explanation: fault ?? "All \(evidence.candidate.count) rows were scored by every model, all numbers are finite, and the adapter changes the outputs.")
    }

    /// Candidate against reference on the same rows, in pairs.
    private static func paired(
        _ metric: String, _ candidate: [ExampleRecord], _ reference: [ExampleRecord], margin: Double, kind: String, settings: GatesSettings,
        seed: UInt64, against: String
    ) -> GateResult {
        let sign = ExampleFigures.lowerIsBetter.contains(metric) ? -1.0 : 1.0
        let superiority = kind == "superiority"
        let rule = superiority ? "\(metric) better than \(against)" : "\(metric) not worse than \(against) by more than \(text(margin))"
        var result = GateResult(
            rule: rule, kind: kind, set: "gate", metric: metric, outcome: .fail, confidence: settings.confidence, margin: superiority ? nil : margin,
            rows: candidate.count, explanation: "")
        result.candidate = ExampleFigures(candidate).values[metric]
        result.reference = ExampleFigures(reference).values[metric]
        let pairs = zip(candidate, reference).map { (ExampleFigures.value(metric, $0), ExampleFigures.value(metric, $1)) }
        let values = pairs.compactMap { a, b in a.flatMap { a in b.map { (a, $0) } } }
        guard !values.isEmpty, values.count == pairs.count, candidate.count == reference.count else {
            result.explanation = "The metric '\(metric)' has no value on \(pairs.count - values.count) of the rows; a missing metric fails."
            return result
        }
        let alpha = 1 - settings.confidence
        let binary = values.allSatisfy { ($0.0 == 0 || $0.0 == 1) && ($0.1 == 0 || $0.1 == 1) }
        var test: String
        if binary {
            let table = PairedProportions(candidate: values.map { $0.0 == 1 }, served: values.map { $0.1 == 1 })
            result.difference = table.difference
            result.lowerBound = table.lowerBound(alpha: alpha)
            result.upperBound = table.upperBound(alpha: alpha)
            result.pValue = superiority ? table.mcNemar(.greater) : table.nonInferiorityPValue(margin: margin)
            test = superiority ? "McNemar's exact test" : table.isExact ? "the exact unconditional test" : "Tango's score test"
            let discordance = max(Double(table.discordant) / Double(table.count), 0.01)
            result.rowsNeeded = SampleSize.pairedProportions(
                difference: max(table.difference, superiority ? 0.01 : 0), discordance: discordance, margin: margin, alpha: alpha)
            test += " (\(table.gained) rows gained, \(table.lost) lost)"
        } else {
            let differences = values.map { sign * ($0.0 - $0.1) }
            guard let bootstrap = PairedBootstrap.mean(of: differences, alpha: alpha, seed: seed) else {
                result.outcome = .inconclusive
                result.explanation = "\(values.count) rows are too few for a paired comparison."
                return result
            }
            result.difference = bootstrap.difference
            result.lowerBound = bootstrap.lower
            result.upperBound = bootstrap.upper
            result.pValue = bootstrap.pValue
            test = "a paired bootstrap of 10,000 resamples"
            result.rowsNeeded = SampleSize.pairedMeans(
                difference: max(bootstrap.difference, 0), deviation: Summary.deviation(differences), margin: margin, alpha: alpha)
        }
        guard let difference = result.difference, let lower = result.lowerBound, let upper = result.upperBound else { return result }
        let passed = superiority && binary ? (result.pValue ?? 1) <= alpha && difference > 0 : lower > -margin
        // Shown to be worse: even the upper bound lies below.
        let failed = superiority ? upper <= 0 : upper < -margin
        result.outcome = passed ? .pass : failed ? .fail : .inconclusive
        if result.outcome != .inconclusive { result.rowsNeeded = nil }
        let percent = text(settings.confidence * 100)
        result.explanation =
            "\(metric) \(text(result.candidate)) against \(text(result.reference)): the difference (positive is better) is \(text(difference)), with \(percent) % confidence at least \(text(lower)); "
            + "asked for \(superiority ? "more than 0" : "more than \(text(-margin))"). By \(test)."
        if result.outcome == .inconclusive {
            result.explanation +=
                result.rowsNeeded.map { " About \($0) gate rows would decide it." } ?? " The difference is too small for any number of rows to decide it."
        }
        return result
    }

    /// A value or change gate as configured.
    private static func threshold(_ rule: GateRuleSettings, _ candidate: [ExampleRecord], _ reference: [ExampleRecord]) -> GateResult {
        let name = "\(rule.metric)\(rule.slice.map { " on \($0)" } ?? "")"
        var result = GateResult(
            rule: name, kind: rule.min != nil || rule.max != nil ? "value" : "change", set: rule.set, metric: rule.metric, slice: rule.slice, outcome: .fail,
            rows: 0, explanation: "")
        guard rule.set == "gate" else {
            result.explanation = "There is no evaluation set '\(rule.set)'; a missing set fails."
            return result
        }
        let chosen = candidate.indices.filter { matches(rule.slice, candidate[$0]) }
        result.rows = chosen.count
        guard !chosen.isEmpty, rule.slice == nil || chosen.count >= rule.minimumSliceRows else {
            result.outcome = chosen.isEmpty ? .fail : .inconclusive
            result.rowsNeeded = rule.minimumSliceRows
            result.explanation = "The slice has \(chosen.count) rows (\(rule.minimumSliceRows) are asked for)."
            return result
        }
        let value = ExampleFigures(chosen.map { candidate[$0] }).values[rule.metric]
        let base = reference.count == candidate.count ? ExampleFigures(chosen.map { reference[$0] }).values[rule.metric] : nil
        result.candidate = value
        result.reference = base
        guard let value else {
            result.explanation = "There is no metric '\(rule.metric)'; a missing metric fails."
            return result
        }
        var faults: [String] = []
        if let min = rule.min, !(value >= min) { faults.append("it is below the minimum of \(text(min))") }
        if let max = rule.max, !(value <= max) { faults.append("it is above the maximum of \(text(max))") }
        if rule.maxRegression != nil || rule.minImprovement != nil {
            guard let base else {
                result.explanation = "There is nothing to compare '\(rule.metric)' with; a missing metric fails."
                return result
            }
            var change = (value - base) * (ExampleFigures.lowerIsBetter.contains(rule.metric) ? -1 : 1)
            if rule.relative { change /= abs(base) }
            result.difference = change
            // A base of zero makes a share NaN, which no comparison lets pass.
            if let most = rule.maxRegression, !(change >= -most) { faults.append("it is worse by \(text(-change)), more than \(text(most))") }
            if let least = rule.minImprovement, !(change >= least) { faults.append("it is better by \(text(change)), less than \(text(least))") }
        }
        result.outcome = faults.isEmpty ? .pass : .fail
        result.explanation = "\(name) is \(text(value))" + (faults.isEmpty ? ", as asked." : ": " + faults.joined(separator: "; ") + ".")
        return result
    }

    /// Whether a record belongs to `label=…`, `length=short|medium|long`, `drop=…` or `field=value`.
    package static func matches(_ slice: String?, _ record: ExampleRecord) -> Bool {
        guard let slice else { return true }
        let parts = slice.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return false }
        switch parts[0] {
        case "label": return record.label == parts[1]
        case "drop": return record.drop?.rawValue == parts[1]
        case "length":
            let bucket = record.promptTokens < 64 ? "short" : record.promptTokens < 512 ? "medium" : "long"
            return bucket == parts[1]
        default:
            guard let value = record.fields?[parts[0]] else { return false }
            if case .string(let text) = value { return text == parts[1] }
            return (try? ContractCoding.encode(value)).map { String(decoding: $0, as: UTF8.self) } == parts[1]
        }
    }

    private static func summary(
        _ outcome: Verdict.Outcome, _ primary: String, _ candidate: ExampleFigures, _ other: ExampleFigures, _ against: String, _ gates: [GateResult]
    ) -> String {
        let change = "\(primary) \(text(other.values[primary])) → \(text(candidate.values[primary])) against \(against)"
        switch outcome {
        case .pass: return "\(change); all \(gates.count) gates passed"
        case .fail: return "\(change); failed: \(gates.filter { $0.outcome == .fail }.map(\.rule).joined(separator: "; "))"
        case .inconclusive:
            let needed = gates.compactMap(\.rowsNeeded).max().map { "; about \($0) gate rows would decide" } ?? ""
            return "\(change); undecided: \(gates.filter { $0.outcome == .inconclusive }.map(\.rule).joined(separator: "; "))\(needed)"
        }
    }

    /// What to try next, from the evidence.
    private static func advice(_ gates: [GateResult], _ primary: String, _ candidate: ExampleFigures, _ training: TrainingResult?) -> [Advice] {
        var advice: [Advice] = []
        if let training, let best = training.validationLoss, let start = training.startValidationLoss {
            if training.bestStep == 0 || best >= start {
                advice.append(Advice(action: "lower_learning_rate", reason: "No step improved the validation loss (\(text(start)) at the start).", figures: ["validation_loss": best]))
            } else if best - training.finalLoss > 0.3 {
                advice.append(
                    Advice(
                        action: "more_regularisation", reason: "The training loss (\(text(training.finalLoss))) is far below the validation loss (\(text(best))).",
                        figures: ["gap": best - training.finalLoss]))
            }
        }
        if let needed = gates.filter({ $0.outcome == .inconclusive }).compactMap(\.rowsNeeded).max() {
            advice.append(Advice(action: "more_gate_rows", reason: "About \(needed) gate rows would decide the comparison.", figures: ["rows": Double(needed)]))
        }
        if let confusion = candidate.confusion {
            let worst = confusion.map { name, row in
                (name, Double(row[name] ?? 0) / Double(max(1, row.values.reduce(0, +))), row.values.reduce(0, +))
            }.filter { $0.2 >= 3 }.min { $0.1 < $1.1 }
            if let worst, worst.1 < 0.7 {
                advice.append(Advice(action: "more_data", reason: "The class '\(worst.0)' is right only \(text(worst.1 * 100)) % of the time: drop more rows of it.", figures: ["recall": worst.1]))
            }
        }
        return advice
    }

    static func text(_ value: Double?) -> String {
        guard let value else { return "–" }
        if value == value.rounded(), abs(value) < 1e6 { return String(Int(value)) }
        return String(format: "%.4g", value)
    }
}
