import DataQuality
import Foundation
import Nouns
import Platform
import RowFiles

/// Looks for parts of gate rows in training rows, in memory that does not grow with either: where the gate has more
/// runs of words than are held at a time, the training rows are read once for each part of it.
struct ContaminationSearch: Sendable {
    private static let examples = 20

    /// Row files.
    let gate: [String]
    let train: [String]
    /// Runs of words that are held at a time.
    var most = 2 << 20

    /// Throws a CancellationError where the task is cancelled, and what reading the files throws.
    func run() throws -> DataReport.Contamination {
        var found = DataReport.Contamination()
        var grams = GateGrams(most: most)
        func sweep() throws {
            guard !grams.isEmpty else { return }
            for path in train {
                try each(path) { grams.check($0, $1) }
            }
            add(grams.result(examples: Self.examples), to: &found)
            grams = GateGrams(most: most)
        }
        for path in gate {
            try each(path) { row, runs in
                grams.add(row, runs)
                if grams.isFull { try sweep() }
            }
        }
        try sweep()
        return found
    }

    /// Gives each row of a file with its runs of words, which all cores look for.
    private func each(_ path: String, _ body: (RowID, [UInt64]) throws -> Void) throws {
        try RowFile.readParallel(path) { rows in
            let runs = Parallel.slices(rows) { slice in
                slice.map { GateGrams.grams(NormalisedText(RowText.whole($0.content))) }
            }
            Pulse.beat()
            try Task.checkCancellation()
            for (row, runs) in zip(rows, runs.joined()) { try body(row.id, runs) }
        }
    }

    private func add(_ part: DataReport.Contamination, to whole: inout DataReport.Contamination) {
        whole.gateRows += part.gateRows
        whole.longGateRows += part.longGateRows
        whole.contaminated += part.contaminated
        let all = (whole.examples + part.examples).enumerated()
        whole.examples = all.sorted { ($1.element.similarity, $0.offset) < ($0.element.similarity, $1.offset) }.prefix(
            Self.examples
        ).map(\.element)
    }
}
