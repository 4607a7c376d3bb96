import Foundation
import GRDB
import Nouns

/// A stored drop as the scheduler sees it.
package struct StoredDrop: Hashable, Sendable {
    package var id: DropID
    package var receivedAt: Date
    package var storedAt: Date
    /// Whether some run has been queued for it already, whatever became of that run.
    package var isTried: Bool
    /// Rows on the training side that are not kept out of training.
    package var trainRows: Int

    package init(id: DropID, receivedAt: Date, storedAt: Date, isTried: Bool, trainRows: Int) {
        self.id = id
        self.receivedAt = receivedAt
        self.storedAt = storedAt
        self.isTried = isTried
        self.trainRows = trainRows
    }
}

extension Ledger {
    /// Reasons of rows that are in no shard, as SQL.
    static var outside: String {
        SetAsideRow.Reason.allCases.filter(\.isOutsideDataset).map { "'\($0.rawValue)'" }.joined(separator: ",")
    }

    /// The stored drops of a pipeline, oldest first.
    package func storedDrops(_ pipeline: PipelineName) throws -> [StoredDrop] {
        try read { db in
            try GRDB.Row.fetchAll(
                db,
                sql: """
                    SELECT drop_file.id AS d, received_at, stored_at, scheduled, COALESCE((SELECT SUM(rows) FROM \
                    shard WHERE shard.drop_id = drop_file.id AND shard.split = 'train'), 0) - (
                        SELECT COUNT(DISTINCT set_aside.id) FROM set_aside JOIN dataset_row ON dataset_row.pipeline = \
                        set_aside.pipeline
                            AND dataset_row.id = set_aside.id AND dataset_row.split = 'train'
                        WHERE set_aside.drop_id = drop_file.id AND reason NOT IN (\(Self.outside))) AS n FROM drop_file
                    WHERE drop_file.pipeline = ? AND state = 'stored' ORDER BY received_at, drop_file.id
                    """, arguments: [pipeline.rawValue]
            ).map { row in
                let received: Double = row["received_at"]
                return StoredDrop(
                    id: DropID(row["d"] as String), receivedAt: Date(timeIntervalSince1970: received),
                    storedAt: Date(timeIntervalSince1970: row["stored_at"] as Double? ?? received),
                    isTried: (row["scheduled"] as Int) == 1,
                    trainRows: row["n"])
            }
        }
    }

    /// A version and what it was made from, newest first, with their runs: the chain of `parent`s down to a run from
    /// the base.
    package func lineage(_ version: VersionID) throws -> [(version: ModelVersion, run: Run)] {
        try read { db in
            var chain: [(ModelVersion, Run)] = []
            var next: VersionID? = version
            var seen: Set<VersionID> = []
            while let id = next, seen.insert(id).inserted {
                guard
                    let version = try Self.nouns(
                        ModelVersion.self, db, "SELECT body FROM version WHERE id = ?", [id.rawValue]
                    ).first,
                    let run = try Self.nouns(Run.self, db, "SELECT body FROM run WHERE id = ?", [version.run.rawValue])
                        .first
                else { break }
                chain.append((version, run))
                // A run from the base owes nothing to what was served then.
                next = run.mode == .fromBase ? nil : version.parent
            }
            return chain
        }
    }

    /// The drops whose training rows are in a version's lineage. What only a failed, cancelled or rejected run saw is
    /// not among them.
    package func learnedDrops(_ version: VersionID) throws -> Set<DropID> {
        let chain = try lineage(version)
        return try read { db in
            try chain.reduce(into: Set<DropID>()) { learned, link in
                let snapshot = try Self.nouns(
                    Snapshot.self, db, "SELECT body FROM snapshot WHERE id = ?", [link.run.snapshot.rawValue]
                ).first
                learned.formUnion(
                    snapshot?.trained ?? (link.run.mode == .fromBase ? snapshot?.drops : nil) ?? link.run.drops)
            }
        }
    }
}
