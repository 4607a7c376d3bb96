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

    /// Chains may be long and snapshots large, so that each is read once, and a version goes on from what is known of
    /// the one that it continues.
    private func learnt(_ version: VersionID) throws -> LineageCache.Entry {
        if let known = lineages[version] { return known }
        let (links, known) = try links(version)
        var entry = known ?? LineageCache.Entry()
        for link in links {
            let snapshot = try snapshot(link.run.snapshot)
            entry.drops.formUnion(
                snapshot?.trained ?? (link.run.mode == .fromBase ? snapshot?.drops : nil) ?? link.run.drops)
        }
        entry.chain = links + entry.chain
        lineages.keep(entry, of: version)
        return entry
    }

    /// A version and what it was made from, newest first, down to the first of which it is known what it has learnt.
    private func links(_ version: VersionID) throws -> ([(version: ModelVersion, run: Run)], LineageCache.Entry?) {
        try read { db in
            var links: [(ModelVersion, Run)] = []
            var next: VersionID? = version
            var seen: Set<VersionID> = []
            while let id = next, seen.insert(id).inserted {
                if let known = lineages[id] { return (links, known) }
                guard let version = try Self.version(id, db), let run = try Self.run(version.run, db) else { break }
                links.append((version, run))
                // A run from the base owes nothing to what was served then.
                next = run.mode == .fromBase ? nil : version.parent
            }
            return (links, nil)
        }
    }
}
