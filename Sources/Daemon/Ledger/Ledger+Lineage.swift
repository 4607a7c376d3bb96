import Foundation
import GRDB
import Nouns

/// Where something came from and what became of it: questions over the tables of drops, rows, snapshots, runs and
/// versions.
extension Ledger {
    /// Snapshots of a pipeline, newest first, with the runs and versions made on them.
    package func snapshots(_ pipeline: PipelineName, limit: Int = 100) throws -> [SnapshotSummary] {
        try read { db in
            try Self.nouns(
                Snapshot.self, db, "SELECT body FROM snapshot WHERE pipeline = ? ORDER BY created_at DESC, id LIMIT ?",
                [pipeline.rawValue, limit]
            ).map { try Self.summary($0, db) }
        }
    }

    /// A snapshot with the runs and versions made on it, or nil.
    package func snapshotSummary(_ id: SnapshotID) throws -> SnapshotSummary? {
        try read { db in
            try Self.snapshot(id, db).map {
                try Self.summary($0, db)
            }
        }
    }

    private static func summary(_ snapshot: Snapshot, _ db: Database) throws -> SnapshotSummary {
        let runs = try String.fetchAll(
            db, sql: "SELECT id FROM run WHERE snapshot = ? ORDER BY number", arguments: [snapshot.id.rawValue])
        let versions = try String.fetchAll(
            db,
            sql:
                """
                SELECT version.id FROM version JOIN run ON run.id = version.run WHERE run.snapshot = ? ORDER BY \
                number
                """,
            arguments: [snapshot.id.rawValue])
        return SnapshotSummary(
            snapshot: snapshot, runs: runs.map { RunID($0) }, versions: versions.map { VersionID($0) })
    }

    /// Where something came from and what became of it. Throws a Failure (`lineage.unknown`) where nothing has that
    /// identifier.
    package func dataLineage(_ subject: String) throws -> DataLineage {
        try read { db in
            if try Bool.fetchOne(db, sql: "SELECT 1 FROM drop_file WHERE id = ?", arguments: [subject]) != nil {
                var lineage = DataLineage(subject: subject, kind: "drop")
                lineage.drops = [DropID(subject)]
                lineage.snapshots = try Self.uses(ofDrop: subject, db)
                try Self.follow(&lineage, db)
                return lineage
            }
            if let snapshot = try Self.snapshot(SnapshotID(subject), db) {
                var lineage = DataLineage(subject: subject, kind: "snapshot")
                lineage.drops = snapshot.drops
                lineage.snapshots = [
                    .init(
                        snapshot: snapshot.id,
                        splits: snapshot.files.filter { !$0.value.isEmpty }.keys.sorted { $0.rawValue < $1.rawValue })
                ]
                try Self.follow(&lineage, db)
                return lineage
            }
            if let run = try Self.run(RunID(subject), db) {
                return try Self.back(from: [run], DataLineage(subject: subject, kind: "run"), db)
            }
            if let first = try Self.version(VersionID(subject), db) {
                var runs: [Run] = []
                var next: ModelVersion? = first
                var lineage = DataLineage(subject: subject, kind: "version")
                while let version = next, !lineage.versions.contains(version.id),
                    let run = try Self.run(version.run, db)
                {
                    runs.append(run)
                    lineage.versions.append(version.id)
                    next =
                        run.mode == .fromBase
                        ? nil
                        : try version.parent.flatMap { try Self.version($0, db) }
                }
                return try Self.back(from: runs, lineage, db)
            }
            return try Self.lineage(ofRow: subject, db)
        }
    }

    private static func lineage(ofRow row: String, _ db: Database) throws -> DataLineage {
        var lineage = DataLineage(subject: row, kind: "row")
        let places = try GRDB.Row.fetchAll(
            db,
            sql: """
                SELECT drop_id, line, split, state FROM dataset_row JOIN drop_file ON drop_file.id = drop_id WHERE \
                dataset_row.id = ?1
                UNION ALL SELECT drop_id, line, NULL, state FROM duplicate_row JOIN drop_file ON drop_file.id = \
                drop_id WHERE duplicate_row.id = ?1
                UNION ALL SELECT drop_id, line, split, state FROM revoked_row JOIN drop_file ON drop_file.id = \
                drop_id WHERE revoked_row.id = ?1
                UNION ALL SELECT drop_id, line, NULL, state FROM set_aside JOIN drop_file ON drop_file.id = drop_id
                    WHERE set_aside.id = ?1 AND reason IN (\(outside))
                """, arguments: [row])
        lineage.places = places.compactMap { place in
            guard let state = Drop.State(rawValue: place["state"]) else { return nil }
            return .init(
                drop: DropID(place["drop_id"] as String), line: place["line"],
                split: (place["split"] as String?).flatMap(Split.init), state: state)
        }
        guard !lineage.places.isEmpty else {
            throw Failure(
                code: "lineage.unknown", "Nothing has the identifier '\(row)'.", at: row,
                remedy:
                    """
                    Give a row, drop, snapshot, run or version; see `ftctl data list PIPELINE`, `ftctl runs`, \
                    `ftctl version list PIPELINE`.
                    """
            )
        }
        lineage.drops = Array(Set(lineage.places.map(\.drop))).sorted()
        lineage.setAside = try GRDB.Row.fetchAll(
            db, sql: "SELECT reason, drop_id, line, other, score FROM set_aside WHERE id = ?", arguments: [row]
        ).compactMap {
            guard let reason = SetAsideRow.Reason(rawValue: $0["reason"]) else { return nil }
            return SetAsideRow(
                id: RowID(row), reason: reason, drop: DropID($0["drop_id"] as String), line: $0["line"],
                other: ($0["other"] as String?).map { RowID($0) },
                score: $0["score"])
        }
        let uses = try GRDB.Row.fetchAll(
            db,
            sql: """
                SELECT DISTINCT snapshot, snapshot_file.split AS split FROM snapshot_file JOIN shard ON shard.sha256 \
                = snapshot_file.source
                JOIN (SELECT drop_id, split, id FROM dataset_row WHERE id = ?1 UNION SELECT drop_id, split, id FROM \
                revoked_row WHERE id = ?1) AS r
                    ON r.drop_id = shard.drop_id AND r.split = shard.split
                WHERE NOT EXISTS (SELECT 1 FROM left_out_row WHERE left_out_row.sha256 = snapshot_file.sha256 AND \
                left_out_row.id = ?1)
                UNION SELECT DISTINCT snapshot, split FROM snapshot_file JOIN picked_row ON picked_row.sha256 = \
                snapshot_file.sha256 WHERE picked_row.id = ?1
                """, arguments: [row])
        lineage.snapshots = grouped(uses)
        try follow(&lineage, db)
        return lineage
    }

    private static func uses(ofDrop drop: String, _ db: Database) throws -> [DataLineage.Use] {
        grouped(
            try GRDB.Row.fetchAll(
                db,
                sql: """
                    SELECT DISTINCT snapshot, snapshot_file.split AS split FROM snapshot_file JOIN shard ON \
                    shard.sha256 = snapshot_file.source
                    WHERE shard.drop_id = ?1
                    UNION SELECT DISTINCT snapshot, snapshot_file.split FROM snapshot_file JOIN picked_row ON \
                    picked_row.sha256 = snapshot_file.sha256
                    WHERE picked_row.id IN (SELECT id FROM dataset_row WHERE drop_id = ?1 UNION SELECT id FROM \
                    revoked_row WHERE drop_id = ?1)
                    """, arguments: [drop]))
    }

    private static func grouped(_ rows: [GRDB.Row]) -> [DataLineage.Use] {
        Dictionary(grouping: rows) { $0["snapshot"] as String }.map { snapshot, rows in
            DataLineage.Use(
                snapshot: SnapshotID(snapshot),
                splits: rows.compactMap { Split(rawValue: $0["split"]) }.sorted { $0.rawValue < $1.rawValue })
        }.sorted { $0.snapshot < $1.snapshot }
    }

    /// From snapshots on: the runs that learnt from them (or were judged on them), their versions, and what continues
    /// from those.
    private static func follow(_ lineage: inout DataLineage, _ db: Database) throws {
        for use in lineage.snapshots {
            lineage.runs += try String.fetchAll(
                db, sql: "SELECT id FROM run WHERE snapshot = ? ORDER BY number", arguments: [use.snapshot.rawValue]
            ).map { RunID($0) }
        }
        lineage.runs = Array(Set(lineage.runs)).sorted()
        let trained = Set(lineage.snapshots.filter { $0.splits.contains(.train) }.map(\.snapshot.rawValue))
        lineage.versions = try descendants(trained, db)
    }

    /// Versions trained on any of the snapshots, and those that continue from them, oldest first.
    private static func descendants(_ snapshots: Set<String>, _ db: Database) throws -> [VersionID] {
        guard !snapshots.isEmpty else { return [] }
        let all = try GRDB.Row.fetchAll(
            db,
            sql:
                """
                SELECT version.body AS v, run.body AS r FROM version JOIN run ON run.id = version.run ORDER BY \
                run.number
                """
        ).map { (try noun(ModelVersion.self, $0["v"]), try noun(Run.self, $0["r"])) }
        var found: Set<VersionID> = []
        var order: [VersionID] = []
        for (version, run) in all {
            let continues = run.mode != .fromBase && version.parent.map(found.contains) == true
            if snapshots.contains(run.snapshot.rawValue) || continues, found.insert(version.id).inserted {
                order.append(version.id)
            }
        }
        return order
    }

    /// From runs back: their snapshots and drops; and on to their versions.
    private static func back(from runs: [Run], _ start: DataLineage, _ db: Database) throws -> DataLineage {
        var lineage = start
        lineage.runs = runs.map(\.id)
        for run in runs {
            guard let snapshot = try snapshot(run.snapshot, db) else { continue }
            lineage.snapshots.append(
                .init(
                    snapshot: snapshot.id,
                    splits: snapshot.files.filter { !$0.value.isEmpty }.keys.sorted { $0.rawValue < $1.rawValue }))
            lineage.drops += snapshot.trained ?? snapshot.drops
            if lineage.kind == "run", let version = run.version { lineage.versions.append(version) }
        }
        lineage.drops = Array(Set(lineage.drops)).sorted()
        return lineage
    }
}
