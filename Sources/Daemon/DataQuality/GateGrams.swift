import Nouns

/// The runs of 12 words of gate rows, to find which of them are in training rows as well. First gate rows are added,
/// then training rows checked.
///
/// A run that more than ten training rows have is a common phrase or part of a template, as in GPT-3's own analysis
/// (Brown et al. 2020, appendix C), and tells nothing.
package struct GateGrams: Sendable {
    package static let words = 12
    private static let commonRows = 10
    /// Gate rows of one run that are named.
    private static let rowsOfARun = 8
    /// Bits of the table that says at once of most runs that no gate row has them.
    private static let filterBits = 1 << 25

    private let most: Int
    private var gate: [RowID] = []
    private var short = 0
    /// Runs and the places of their rows in ``gate``; in ascending order once rows are checked.
    private var runs: [(gram: UInt64, row: Int32)] = []
    private var isSorted = false
    private var filter: [UInt64] = []
    /// Training rows that have the run which begins at this place of ``runs``, up to one more than are common.
    private var counts: [UInt8] = []
    /// The first of them, by its place in ``hits``.
    private var firsts: [Int32] = []
    private var hits: [RowID] = []

    /// - Parameter most: runs after which these are enough at a time, of 21 bytes each.
    package init(most: Int = 2 << 20) { self.most = most }

    /// Whether no more gate rows should be added before training rows are checked.
    package var isFull: Bool { runs.count >= most }
    package var isEmpty: Bool { gate.isEmpty }

    /// The distinct runs of a text.
    package static func grams(_ text: NormalisedText) -> [UInt64] {
        let sorted = text.grams(words).sorted()
        return sorted.indices.filter { $0 == 0 || sorted[$0] != sorted[$0 - 1] }.map { sorted[$0] }
    }

    /// Adds a gate row by its runs.
    package mutating func add(_ row: RowID, _ grams: [UInt64]) {
        if grams.isEmpty { short += 1 }
        let place = Int32(truncatingIfNeeded: gate.count)
        gate.append(row)
        for gram in grams { runs.append((gram, place)) }
        isSorted = false
    }

    /// Looks a training row up by its runs.
    package mutating func check(_ row: RowID, _ grams: [UInt64]) {
        if !isSorted { sort() }
        var hit: Int32?
        for gram in grams where filter[Self.word(gram)] >> (gram & 63) & 1 == 1 {
            let place = place(of: gram)
            guard place < runs.count, runs[place].gram == gram, counts[place] <= Self.commonRows else { continue }
            if counts[place] == 0 {
                if hit == nil {
                    hit = Int32(truncatingIfNeeded: hits.count)
                    hits.append(row)
                }
                firsts[place] = hit ?? 0
            }
            counts[place] += 1
        }
    }

    private mutating func sort() {
        runs.sort { ($0.gram, $0.row) < ($1.gram, $1.row) }
        filter = [UInt64](repeating: 0, count: Self.filterBits / 64)
        for run in runs { filter[Self.word(run.gram)] |= 1 << (run.gram & 63) }
        counts = [UInt8](repeating: 0, count: runs.count)
        firsts = [Int32](repeating: 0, count: runs.count)
        isSorted = true
    }

    private static func word(_ gram: UInt64) -> Int { Int(gram >> 6) & (filterBits / 64 - 1) }

    /// Where the run begins, or would.
    private func place(of gram: UInt64) -> Int {
        var (low, high) = (0, runs.count)
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].gram < gram { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// What was found.
    package func result(examples: Int = 20) -> DataReport.Contamination {
        var shared: [Int32: (grams: Int, row: RowID)] = [:]
        var place = 0
        while isSorted, place < runs.count {
            var end = place + 1
            while end < runs.count, runs[end].gram == runs[place].gram { end += 1 }
            if counts[place] > 0, counts[place] <= Self.commonRows {
                let first = hits[Int(firsts[place])]
                for run in runs[place..<min(end, place + Self.rowsOfARun)] {
                    shared[run.row] = ((shared[run.row]?.grams ?? 0) + 1, min(shared[run.row]?.row ?? first, first))
                }
            }
            place = end
        }
        var result = DataReport.Contamination()
        result.gateRows = gate.count
        result.longGateRows = gate.count - short
        result.contaminated = shared.count
        result.examples = shared.sorted { ($1.value.grams, $0.key) < ($0.value.grams, $1.key) }.prefix(examples).map {
            index, value in
            .init(row: gate[Int(index)], line: 0, other: value.row, similarity: Double(value.grams))
        }
        return result
    }
}
