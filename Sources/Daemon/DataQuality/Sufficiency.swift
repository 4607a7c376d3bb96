import Foundation
import Nouns
import Statistics

/// Whether there is enough data: by the learning curve of past runs where there are any, else by plain rules.
package enum Sufficiency {
    /// OpenAI's least number of examples, and the number from which on fine-tuning shows clear improvements.
    package static let minimum = 10
    package static let advised = 50

    /// - Parameter points: training rows and gate loss of past runs.
    package static func of(_ report: DataReport, points: [(rows: Int, loss: Double)]) -> DataReport.Sufficiency {
        let rows = report.rows[.train] ?? 0
        // Of runs on as many rows the best counts: recipes differ, and the curve is that of what the rows allow.
        let best = Dictionary(points.map { ($0.rows, $0.loss) }, uniquingKeysWith: min).sorted { $0.key < $1.key }
        if best.count >= 3, rows > 0, let curve = LearningCurve(rows: best.map(\.key), errors: best.map(\.value)) {
            let (now, doubled) = (curve.error(rows: rows), curve.error(rows: rows * 2))
            let gain = now > 0 ? (now - doubled) / now : 0
            var result = DataReport.Sufficiency(
                basis: "learning curve", trainRows: rows,
                explanation: curve.scale == 0
                    ? """
                    The gate loss of \(best.count) runs does not fall with the number of rows: more of the same \
                    rows will not help.
                    """
                    : String(
                        format:
                            """
                            By the gate loss of %d runs, twice the rows would bring it from %.4g to %.4g (%.1f %% \
                            less).
                            """,
                        best.count, now, doubled, gain * 100))
            result.expectedLoss = now
            result.expectedLossDoubled = doubled
            result.points = best.count
            return result
        }
        let text =
            rows < minimum
            ? "\(rows) training rows are fewer than the \(minimum) that fine-tuning needs at least."
            : rows < advised
                ? "\(rows) training rows are enough to begin; from \(advised) on clear improvements can be expected."
                : """
                \(rows) training rows are enough for clear improvements, which can be expected from \(advised) on; \
                three runs on different numbers of rows will tell what more would bring.
                """
        return .init(basis: "plain rules", trainRows: rows, explanation: text)
    }
}
