import Foundation
import Statistics

/// What was said of a version's answers. Pure.
package struct Tally: Hashable, Sendable {
    package let votes: [Vote]

    package init(_ votes: [Vote]) { self.votes = votes.sorted { ($0.at, $0.by) < ($1.at, $1.by) } }

    package var good: Int { votes.count { $0.isGood } }
    package var bad: Int { votes.count { !$0.isGood } }

    /// The share of bad answers with bounds that hold at all looks together; nil where nobody rated any.
    package var badShare: (share: Double, bounds: Interval)? {
        guard !votes.isEmpty else { return nil }
        return (Double(bad) / Double(votes.count), ShareSequence.interval(hits: bad, of: votes.count))
    }

    /// The votes that may take a version back: of each rater the first ones, so many that nobody's are more than a
    /// fifth of them all. None where fewer than five rate.
    ///
    /// What counts depends on who rated how often and never on what they said, and only grows, so that bounds that
    /// hold at all looks hold for it.
    package var counted: [Vote] {
        let counts = Dictionary(votes.map { ($0.by, 1) }, uniquingKeysWith: +)
        var most = counts.values.max() ?? 0
        while most > 0, counts.values.reduce(0, { $0 + min($1, most) }) < Self.fewestRaters * most { most -= 1 }
        var seen: [String: Int] = [:]
        return votes.filter { vote in
            seen[vote.by, default: 0] += 1
            return seen[vote.by, default: 0] <= most
        }
    }

    private static let fewestRaters = 5

    /// Why the version is to be taken back: a lower bound of its bad share that holds at all looks together lies above
    /// what is allowed. Nil where it may stay.
    package func objection(above share: Double, minimum: Int) -> String? {
        let counted = counted
        guard counted.count >= max(1, minimum) else { return nil }
        let bad = counted.count { !$0.isGood }
        let lower = ShareSequence.lowerBound(hits: bad, of: counted.count)
        guard lower > share else { return nil }
        let figure = { (value: Double) in String((value * 1000).rounded() / 10) }
        return """
            \(bad) of \(counted.count) rated answers are bad: at least \(figure(lower)) % whenever one looks, and \
            delivery.rollback_bad_share is \(figure(share)) %
            """
    }
}
