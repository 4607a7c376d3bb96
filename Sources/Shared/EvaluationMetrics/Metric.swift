import Foundation
import Nouns

func exponential(_ x: Double) -> Double { exp(x) }

/// One metric: its key, which way is better, and how it follows from rows.
package struct Metric: Sendable {
    /// Which way is better.
    package enum Direction: String, Sendable, Codable {
        case higher, lower
        /// Neither; only value gates make sense.
        case neutral
    }

    /// How the value of a set follows from its rows, which decides how two models are compared.
    package enum Kind: Sendable {
        /// A yes or no a row; the share of yes.
        case share(@Sendable (MetricInput) -> Bool?)
        /// The same where a row can be undecided, which is a half.
        case shareOrHalf(@Sendable (MetricInput) -> Double?)
        /// A number a row; the mean. `limit` is the largest difference of two values, where there is one.
        case mean(limit: Double?, @Sendable (MetricInput) -> Double?)
        /// The sum of one number over the sum of another.
        case ratio(@Sendable (MetricInput) -> (Double, Double)?)
        /// Counts that add up over rows, and the score of their sums.
        case corpus(@Sendable (MetricInput) -> [Double]?, score: @Sendable ([Double]) -> Double)
        /// A figure of the confusion matrix of a row's predicted class.
        case labels(@Sendable (MetricInput) -> String?, score: @Sendable (ConfusionMatrix) -> Double)
        /// Confidence and rightness a row.
        case calibration(@Sendable (MetricInput) -> (Double, Bool)?)
    }

    /// The key in settings, figures and verdicts.
    package let key: MetricKey
    package let direction: Direction
    /// How much worse is still "not worse" where the pipeline says nothing, in the metric's own unit.
    package let margin: Double
    /// Whether it speaks of free text only: where every answer is a class name, it says nothing that accuracy does not.
    package let isOfTextOnly: Bool
    /// Whether it speaks of rows with a preferred and a rejected answer only; others do not count.
    package let isOfPairsOnly: Bool
    package let kind: Kind
    /// What it measures, in a sentence.
    package let about: String

    init(
        _ key: MetricKey, _ direction: Direction, margin: Double = 0.02, isOfTextOnly: Bool = false,
        isOfPairsOnly: Bool = false, _ kind: Kind, _ about: String
    ) {
        self.key = key
        self.direction = direction
        self.margin = margin
        self.isOfTextOnly = isOfTextOnly
        self.isOfPairsOnly = isOfPairsOnly
        self.kind = kind
        self.about = about
    }

    /// The same metric with less being better, for a bound on the growth of one that is neutral.
    package var lowerIsBetter: Metric {
        Metric(
            key, .lower, margin: margin, isOfTextOnly: isOfTextOnly, isOfPairsOnly: isOfPairsOnly, kind, about)
    }

    /// The value turned so that more is better; nil where neither more nor less is.
    package func goodness(_ value: Double) -> Double? { direction == .neutral ? nil : sign * value }

    /// Whether the value is a share of the rows.
    package var isShare: Bool {
        switch kind {
        case .share, .shareOrHalf: true
        case .mean, .ratio, .corpus, .labels, .calibration: false
        }
    }

    /// 1 when higher is better, −1 when lower is.
    package var sign: Double { direction == .lower ? -1 : 1 }

    /// The value on a set; nil without rows, or when any row lacks what the metric needs.
    package func value(_ rows: [MetricInput]) -> Double? {
        let rows = ofItsKind(rows)
        guard !rows.isEmpty else { return nil }
        let result: Double?
        switch kind {
        case .share(let holds):
            result = all(rows, holds).map { Double($0.count { $0 }) / Double(rows.count) }
        case .mean(_, let value), .shareOrHalf(let value):
            result = all(rows, value).map { $0.reduce(0, +) / Double(rows.count) }
        case .ratio(let parts):
            result = all(rows, parts).map { pairs in
                pairs.reduce(0) { $0 + $1.0 } / pairs.reduce(0) { $0 + $1.1 }
            }
        case .corpus(let counts, let score):
            result = all(rows, counts).map { score(Self.sum($0)) }
        case .labels(let predicted, let score):
            result = all(rows, predicted).map { said in
                score(ConfusionMatrix(truth: rows.map { $0.label ?? "" }, predicted: said))
            }
        case .calibration(let parts):
            result = all(rows, parts).flatMap { Calibration.expectedError(confidence: $0.map(\.0), right: $0.map(\.1)) }
        }
        return result.flatMap { $0.isFinite ? $0 : nil }
    }

    /// The rows that the metric speaks of.
    package func ofItsKind(_ rows: [MetricInput]) -> [MetricInput] {
        isOfPairsOnly ? rows.filter { $0.rejectedLossSum != nil } : rows
    }

    /// The value of every row, or nil when one has none.
    func all<Value>(_ rows: [MetricInput], _ value: (MetricInput) -> Value?) -> [Value]? {
        var values: [Value] = []
        values.reserveCapacity(rows.count)
        for row in rows {
            guard let one = value(row) else { return nil }
            values.append(one)
        }
        return values
    }

    /// The sums of count vectors, each counted as often as its weight.
    static func sum(_ vectors: [[Double]], weights: [Int32]? = nil) -> [Double] {
        var sums = [Double](repeating: 0, count: vectors.first?.count ?? 0)
        for (row, vector) in vectors.enumerated() {
            let weight = Double(weights?[row] ?? 1)
            if weight == 0 { continue }
            for (index, count) in vector.enumerated() where index < sums.count { sums[index] += weight * count }
        }
        return sums
    }
}
