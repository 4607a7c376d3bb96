import Nouns

extension GatingRules {
    /// The records must be of the same rows, finite, and the adapter must change something.
    static func integrity(_ evidence: Evidence) -> GateResult {
        let fault = fault(evidence)
        let count = evidence.candidate.count
        let sets = bySet(evidence.candidate)
        let scored = count == 1 ? "The one row\(sets) was" : "All \(count) rows\(sets) were"
        return GateResult(
            rule: "the scores are sound", kind: .integrity, set: .gate, metric: .loss,
            outcome: fault == nil ? .pass : .fail, rows: count,
            explanation: fault
                ?? """
                \(scored) scored by every model, all numbers are finite, and the adapter changes the outputs.
                """
        )
    }

    /// How many of the rows are of the gate and of each further set; nothing where all are of the gate.
    private static func bySet(_ records: [ExampleRecord]) -> String {
        let counts = Dictionary(grouping: records, by: \.set).mapValues(\.count)
        guard counts.count > 1 else { return "" }
        let names = [.gate] + counts.keys.filter { $0 != .gate }.sorted()
        let parts = names.compactMap { name in counts[name].map { "\($0) of the \(name)" } }
        return " (\(parts.joined(separator: ", ")))"
    }

    private static func fault(_ evidence: Evidence) -> String? {
        let keys = evidence.candidate.map { Key(set: $0.set, row: $0.row) }
        guard keys.contains(where: { $0.set == .gate }) else {
            return "There are no gate rows, so nothing can be judged."
        }
        if Set(keys).count != keys.count { return "A row was scored twice in one set." }
        for (name, records) in [("served model", evidence.served), ("base", evidence.base)] {
            guard let records else { continue }
            if records.map({ Key(set: $0.set, row: $0.row) }) != keys {
                return "The candidate and the \(name) were not scored on the same rows."
            }
        }
        for (name, records) in [
            ("candidate", evidence.candidate), ("served model", evidence.served ?? []), ("base", evidence.base),
        ] {
            if let bad = records.first(where: { !$0.lossSum.isFinite }) {
                return "The loss of the \(name) on row \(bad.row) is \(bad.lossSum)."
            }
        }
        if zip(evidence.candidate, evidence.base).allSatisfy({ $0.lossSum == $1.lossSum && $0.output == $1.output }) {
            return "The candidate gives exactly the base's losses, so the adapter changes nothing."
        }
        return nil
    }

    private struct Key: Hashable {
        var set: SetName
        var row: RowID
    }
}
