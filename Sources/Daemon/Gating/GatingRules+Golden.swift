import GoldenSets
import Nouns
import Reports

extension GatingRules {
    /// One gate a golden set: every required row's assertions hold.
    static func golden(_ evidence: Evidence) -> [GateResult] {
        evidence.sets.filter(\.isGolden).map { set in
            let rows = zip(evidence.candidate, evidence.reference).filter { $0.0.set == set }
            var broken: [String] = []
            var allowed = 0
            for (record, before) in rows {
                guard let reason = objection(record) else { continue }
                guard GoldenRow.isRequired(record) else {
                    allowed += 1
                    continue
                }
                let then =
                    objection(before) == nil ? "\(evidence.against) passes it" : "\(evidence.against) fails it too"
                broken.append("\(GoldenRow.name(of: record)) (\(reason); \(then))")
            }
            let required = rows.count { GoldenRow.isRequired($0.0) }
            let unasked = evidence.skipped[set] ?? 0
            let passed = broken.isEmpty && unasked == 0 && !rows.isEmpty
            var explanation =
                passed ? holding(required, allowed) : breaking(broken, of: rows.count)
            if unasked > 0 {
                let (one, many) = ("row could not be asked, and counts", "rows could not be asked, and count")
                explanation = "\(Quantity.counted(unasked, one, many)) as broken. " + explanation
            }
            if rows.isEmpty { explanation = "The set has no rows that could be asked; a missing set fails." }
            return GateResult(
                rule: "nothing breaks in \(set)", kind: .golden, set: set, metric: .assertions,
                outcome: passed ? .pass : .fail,
                candidate: share(rows.map(\.0)), reference: share(rows.map(\.1)), rows: rows.count,
                explanation: explanation)
        }
    }

    private static func holding(_ required: Int, _ allowed: Int) -> String {
        (required == 1 ? "The one required row holds" : "All \(required) required rows hold")
            + (allowed > 0
                ? "; \(allowed) that \(allowed == 1 ? "is not required does" : "are not required do") not." : ".")
    }

    private static func breaking(_ broken: [String], of rows: Int) -> String {
        "Of \(Quantity.counted(rows, "row")) \(broken.count) that must never break "
            + "\(broken.count == 1 ? "does" : "do") not hold: " + broken.prefix(5).joined(separator: "; ")
            + (broken.count > 5 ? "; and \(broken.count - 5) more." : ".")
    }

    /// Why a golden record does not hold; nil where it does.
    static func objection(_ record: ExampleRecord) -> String? {
        guard let assertions = GoldenRow.assertions(of: record) else { return "its assertions cannot be read" }
        guard let output = record.output else { return "it was not answered" }
        let reasons = assertions.compactMap { $0.objection(to: output) }
        return reasons.isEmpty ? nil : "the answer '\(output.prefix(60))' " + reasons.joined(separator: " and ")
    }

    private static func share(_ records: [ExampleRecord]) -> Double? {
        records.isEmpty ? nil : Double(records.count { objection($0) == nil }) / Double(records.count)
    }
}
