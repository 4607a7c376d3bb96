import Contracts

/// The runs of 12 words of the gate rows, to find which of them are in training rows as well.
///
/// A run that more than ten training rows have is a common phrase or part of a template, as in GPT-3's own analysis (Brown et al. 2020,
/// appendix C), and tells nothing.
package struct GateGrams: Sendable {
    package static let words = 12
    private static let commonRows = 10

    private var gate: [RowID] = []
    /// Gate rows of each run, by their place in ``gate``; the first eight.
    private var rows: [UInt64: [Int32]] = [:]
    /// Training rows that have each run, and the first of them.
    private var hits: [UInt64: (count: Int, first: RowID)] = [:]
    private var short = 0

    package init() {}

    /// Adds a gate row.
    package mutating func add(_ row: RowID, _ text: NormalisedText) {
        let grams = Set(text.grams(Self.words))
        if grams.isEmpty { short += 1 }
        let index = Int32(truncatingIfNeeded: gate.count)
        gate.append(row)
        for gram in grams where rows[gram, default: []].count < 8 { rows[gram, default: []].append(index) }
    }

    /// Looks a training row up.
    package mutating func check(_ row: RowID, _ text: NormalisedText) {
        guard !rows.isEmpty else { return }
        for gram in Set(text.grams(Self.words)) where rows[gram] != nil {
            hits[gram] = ((hits[gram]?.count ?? 0) + 1, hits[gram]?.first ?? row)
        }
    }

    /// What was found.
    package func result(examples: Int = 20) -> DataReport.Contamination {
        var shared: [Int32: (grams: Int, row: RowID)] = [:]
        for (gram, hit) in hits where hit.count <= Self.commonRows {
            for index in rows[gram] ?? [] { shared[index] = ((shared[index]?.grams ?? 0) + 1, min(shared[index]?.row ?? hit.first, hit.first)) }
        }
        var result = DataReport.Contamination()
        result.gateRows = gate.count
        result.longGateRows = gate.count - short
        result.contaminated = shared.count
        result.examples = shared.sorted { ($1.value.grams, $0.key) < ($0.value.grams, $1.key) }.prefix(examples).map { index, value in
            .init(row: gate[Int(index)], line: 0, other: value.row, similarity: Double(value.grams))
        }
        return result
    }
}
