import DataQuality
import Nouns
import Synchronization

/// How many tokens the drops of each pipeline have together, so that a drop that comes is added to what is known
/// instead of adding up all drops again.
final class TokenSums: Sendable {
    /// The drops of one pipeline that are added up.
    struct Sum {
        var counts: TokenCounts
        var drops: Set<DropID> = []
        /// Drops that are stored and were not counted like this yet.
        var missing: [DropID] = []

        mutating func add(_ other: TokenCounts, of drop: DropID) {
            counts.merge(other)
            drops.insert(drop)
        }
    }

    private let sums = Mutex<[PipelineName: Sum]>([:])

    /// What the stored drops have together.
    ///
    /// - Parameters:
    ///   - wanted: what the counts are of; none of it is counted yet.
    ///   - read: the counts of a drop as they are kept, or nil.
    func sum(
        _ pipeline: PipelineName, of stored: [DropID], like wanted: TokenCounts, _ read: (DropID) throws -> TokenCounts?
    ) throws -> Sum {
        var sum = sums.withLock { $0[pipeline] } ?? Sum(counts: wanted)
        // One that was withdrawn cannot be taken out again.
        if !sum.counts.isLike(wanted) || !sum.drops.isSubset(of: stored) { sum = Sum(counts: wanted) }
        sum.missing = []
        for drop in stored where !sum.drops.contains(drop) {
            if let counts = try read(drop), counts.isLike(wanted) {
                sum.add(counts, of: drop)
            } else {
                sum.missing.append(drop)
            }
        }
        return sum
    }

    func keep(_ sum: Sum, of pipeline: PipelineName) { sums.withLock { $0[pipeline] = sum } }
}
