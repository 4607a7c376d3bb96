/// Counts of true against predicted classes, and the figures of scikit-learn that follow from them.
package struct ConfusionMatrix: Sendable, Hashable {
    /// The column of predictions that are no class at all.
    package static let other = "(other)"

    /// The classes that occur as a truth, sorted.
    package let classes: [String]
    /// `counts[t][p]`; the last column is `other`.
    package private(set) var counts: [[Double]]

    /// Precision, recall, F1 and number of rows of one class or one average.
    package struct Scores: Hashable, Sendable {
        package var precision: Double
        package var recall: Double
        package var f1: Double
        package var support: Double
    }

    /// Counts pairs; weights count a row more than once.
    package init(truth: [String], predicted: [String], weights: [Int32]? = nil) {
        self.init(classes: Set(truth).sorted())
        var index: [String: Int] = [:]
        for (position, name) in classes.enumerated() { index[name] = position }
        for row in 0..<min(truth.count, predicted.count) {
            guard let t = index[truth[row]] else { continue }
            counts[t][index[predicted[row]] ?? classes.count] += Double(
                weights.map { row < $0.count ? $0[row] : 0 } ?? 1)
        }
    }

    /// An empty matrix over known classes.
    package init(classes: [String]) {
        self.classes = classes
        counts = Array(repeating: Array(repeating: 0, count: classes.count + 1), count: classes.count)
    }

    /// Adds rows by class positions; a prediction of `classes.count` or more is `other`, a truth outside the classes is
    /// left out.
    package mutating func add(truth: Int, predicted: Int, weight: Double = 1) {
        guard counts.indices.contains(truth), predicted >= 0 else { return }
        counts[truth][min(predicted, classes.count)] += weight
    }

    /// All rows counted.
    package var total: Double { counts.reduce(0) { $0 + $1.reduce(0, +) } }

    /// The share of rows on the diagonal; NaN without rows.
    package var accuracy: Double { classes.indices.reduce(0) { $0 + counts[$1][$1] } / total }

    /// Scores of one class by position, 0 where a quotient has no denominator.
    package func scores(_ position: Int) -> Scores {
        let hits = counts[position][position]
        let support = counts[position].reduce(0, +)
        let said = counts.reduce(0) { $0 + $1[position] }
        return Self.scores(hits: hits, said: said, support: support)
    }

    /// The mean over classes.
    package var macro: Scores { average { _ in 1 } }

    /// The mean over classes, by their number of rows.
    package var weighted: Scores { average(\.support) }

    /// From the sums over classes; a prediction outside the classes costs recall only, as with scikit-learn's `labels`.
    package var micro: Scores {
        let hits = classes.indices.reduce(0) { $0 + counts[$1][$1] }
        let said = counts.reduce(0) { $0 + $1.dropLast().reduce(0, +) }
        return Self.scores(hits: hits, said: said, support: total)
    }

    /// Matthews' coefficient for several classes (Gorodkin, 2004), `other` counting as a class of its own; 0 when
    /// undefined.
    package var matthews: Double {
        let hits = classes.indices.reduce(0) { $0 + counts[$1][$1] }
        let rows = counts.map { $0.reduce(0, +) }
        let columns = (0...classes.count).map { column in counts.reduce(0) { $0 + $1[column] } }
        let n = total
        let covariance = hits * n - zip(rows, columns).reduce(0) { $0 + $1.0 * $1.1 }
        let spread = (n * n - columns.reduce(0) { $0 + $1 * $1 }) * (n * n - rows.reduce(0) { $0 + $1 * $1 })
        return spread > 0 ? covariance / spread.squareRoot() : 0
    }

    /// Whole counts by name, without zeros, for reports.
    package var named: [String: [String: Int]] {
        var result: [String: [String: Int]] = [:]
        for (t, name) in classes.enumerated() {
            var row: [String: Int] = [:]
            for (p, count) in counts[t].enumerated() where count > 0 {
                row[p < classes.count ? classes[p] : Self.other] = Int(count)
            }
            result[name] = row
        }
        return result
    }

    private static func scores(hits: Double, said: Double, support: Double) -> Scores {
        let precision = said > 0 ? hits / said : 0
        let recall = support > 0 ? hits / support : 0
        return Scores(
            precision: precision, recall: recall,
            f1: precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0,
            support: support)
    }

    private func average(_ weight: (Scores) -> Double) -> Scores {
        // A resample counts only those classes of which it has drawn a row.
        let all = classes.indices.map(scores).filter { $0.support > 0 }
        let sum = all.reduce(0) { $0 + weight($1) }
        guard sum > 0 else { return Scores(precision: .nan, recall: .nan, f1: .nan, support: 0) }
        func mean(_ value: (Scores) -> Double) -> Double { all.reduce(0) { $0 + weight($1) * value($1) } / sum }
        return Scores(precision: mean(\.precision), recall: mean(\.recall), f1: mean(\.f1), support: total)
    }
}
