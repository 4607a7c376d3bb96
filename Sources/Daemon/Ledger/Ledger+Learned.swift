import GRDB
import Nouns

/// What a version has learnt: the versions that it continues, and the drops behind them.
extension Ledger {
    /// A version and what it was made from, newest first, with their runs as they were judged: the chain of `parent`s
    /// down to a run from the base.
    package func lineage(_ version: VersionID) throws -> [(version: ModelVersion, run: Run)] {
        try learnt(version).chain
    }

    /// The drops whose training rows are in a version's lineage. What only a failed, cancelled or rejected run saw is
    /// not among them.
    package func learnedDrops(_ version: VersionID) throws -> Set<DropID> { try learnt(version).drops }

    /// Chains may be long and snapshots large, so that each is read once.
    private func learnt(_ version: VersionID) throws -> LineageCache.Entry {
        try lineages.entry(version) {
            try read { db in
                let chain = try Self.chain(version, db)
                let drops = try chain.reduce(into: Set<DropID>()) { learned, link in
                    let snapshot = try Self.snapshot(link.run.snapshot, db)
                    learned.formUnion(
                        snapshot?.trained ?? (link.run.mode == .fromBase ? snapshot?.drops : nil) ?? link.run.drops)
                }
                return LineageCache.Entry(chain: chain, drops: drops)
            }
        }
    }

    private static func chain(_ version: VersionID, _ db: Database) throws -> [(version: ModelVersion, run: Run)] {
        var chain: [(ModelVersion, Run)] = []
        var next: VersionID? = version
        var seen: Set<VersionID> = []
        while let id = next, seen.insert(id).inserted {
            guard let version = try Self.version(id, db), let run = try Self.run(version.run, db) else { break }
            chain.append((version, run))
            // A run from the base owes nothing to what was served then.
            next = run.mode == .fromBase ? nil : version.parent
        }
        return chain
    }
}
