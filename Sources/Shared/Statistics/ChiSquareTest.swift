import Glibc

/// Pearson's chi-squared tests of counts.
package struct ChiSquareTest: Sendable, Hashable, Codable {
    /// The sum of (observed − expected)² / expected.
    package var statistic: Double
    /// Degrees of freedom.
    package var degrees: Int
    /// The p-value of "no association" or "these proportions".
    package var pValue: Double
    /// Cramér's V, the size of the association from 0 to 1.
    package var effect: Double

    /// Tests whether rows of a table of counts share one distribution over its columns (no continuity correction).
    ///
    /// Rows and columns without counts are left out; nil when fewer than two of either remain, or rows differ in
    /// length.
    package init?(table: [[Int]]) {
        guard let width = table.first?.count, table.allSatisfy({ $0.count == width && $0.allSatisfy { $0 >= 0 } })
        else {
            return nil
        }
        let rows = table.filter { $0.contains { $0 > 0 } }
        let columns = (0..<width).filter { column in rows.contains { $0[column] > 0 } }
        guard rows.count > 1, columns.count > 1 else { return nil }
        let rowSums = rows.map { row in row.reduce(0.0) { $0 + Double($1) } }
        let columnSums = columns.map { column in rows.reduce(0.0) { $0 + Double($1[column]) } }
        let total = rowSums.reduce(0, +)
        var sum = 0.0
        for (row, rowSum) in zip(rows, rowSums) {
            for (column, columnSum) in zip(columns, columnSums) {
                let expected = rowSum * columnSum / total
                let distance = Double(row[column]) - expected
                sum += distance * distance / expected
            }
        }
        statistic = sum
        degrees = (rows.count - 1) * (columns.count - 1)
        pValue = ChiSquaredDistribution.survival(sum, degrees: Double(degrees))
        effect = (sum / (total * Double(min(rows.count, columns.count) - 1))).squareRoot()
    }
}
