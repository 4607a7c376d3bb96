import Foundation
import Nouns

/// The groups that a sample of rows falls into by its words: spherical k-means over binary word vectors (Dhillon and
/// Modha 2001), weighted by the inverse share of rows that have a word, started from rows far from each other; the same
/// for the same sample.
package enum Clusters {
    /// Below so many rows there are no groups to speak of.
    package static let minimumRows = 20
    private static let rounds = 12

    /// Shares of the groups, largest first; empty for few rows.
    package static func of(_ sample: RowSample) -> [DataReport.Cluster] {
        let entries = sample.entries.filter { !$0.words.isEmpty }
        guard entries.count >= minimumRows else { return [] }
        var frequency = [Int](repeating: 0, count: RowSample.wordBins)
        for entry in entries { for word in entry.words { frequency[Int(word) % RowSample.wordBins] += 1 } }
        let weights = frequency.map { log((Double(entries.count) + 1) / (Double($0) + 1)) }
        let norms = entries.map { entry in
            max(1e-9, entry.words.reduce(0.0) { $0 + weights[Int($1)] * weights[Int($1)] }.squareRoot())
        }
        let k = min(8, max(2, Int((Double(entries.count) / 10).squareRoot().rounded())))
        func product(_ centre: [Double], _ index: Int) -> Double {
            entries[index].words.reduce(0.0) { $0 + centre[Int($1)] * weights[Int($1)] } / norms[index]
        }
        func vector(_ members: [Int]) -> [Double] {
            var centre = [Double](repeating: 0, count: RowSample.wordBins)
            for index in members {
                for word in entries[index].words { centre[Int(word)] += weights[Int(word)] / norms[index] }
            }
            let length = centre.reduce(0) { $0 + $1 * $1 }.squareRoot()
            return length > 0 ? centre.map { $0 / length } : centre
        }
        var centres = [vector([0])]
        while centres.count < k {
            // The row least like every centre so far.
            let far =
                entries.indices.min { a, b in
                    (centres.map { product($0, a) }.max() ?? 0) < (centres.map { product($0, b) }.max() ?? 0)
                } ?? 0
            centres.append(vector([far]))
        }
        var assignment = [Int](repeating: -1, count: entries.count)
        for _ in 0..<rounds {
            let next = entries.indices.map { index in
                centres.indices.max { product(centres[$0], index) < product(centres[$1], index) } ?? 0
            }
            if next == assignment { break }
            assignment = next
            for cluster in centres.indices {
                let members = entries.indices.filter { assignment[$0] == cluster }
                if !members.isEmpty { centres[cluster] = vector(members) }
            }
        }
        return centres.indices.compactMap { cluster in
            let members = entries.indices.filter { assignment[$0] == cluster }
            guard let middle = members.max(by: { product(centres[cluster], $0) < product(centres[cluster], $1) }) else {
                return nil
            }
            return DataReport.Cluster(
                share: Double(members.count) / Double(entries.count), rows: members.count, centre: entries[middle].row)
        }.sorted { ($1.share, $0.centre) < ($0.share, $1.centre) }
    }

    /// Entropy of the shares over that of equal ones; nil for fewer than two groups.
    package static func evenness(_ clusters: [DataReport.Cluster]) -> Double? {
        guard clusters.count > 1 else { return nil }
        return clusters.reduce(0) { $0 - $1.share * log($1.share) } / log(Double(clusters.count))
    }
}
