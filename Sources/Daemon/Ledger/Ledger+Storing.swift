import Foundation
import GRDB
import Nouns
import Platform

/// How a drop's rows come into the dataset: tables `dataset_row`, `side`, `duplicate_row`, `set_aside` and `shard`
/// change together with the drop's state.
extension Ledger {
    /// Writes one batch of a drop that is not `stored` yet; nobody sees its rows until ``finish(_:shards:)``.
    package func add(_ batch: DatasetBatch, of drop: Drop) throws {
        try write { db in try Self.add(batch, of: drop, db) }
    }

    private static func add(_ batch: DatasetBatch, of drop: Drop, _ db: Database) throws {
        let pipeline = drop.pipeline.rawValue
        for (group, split) in batch.sides.groups {
            try db.cachedStatement(sql: "INSERT OR IGNORE INTO side (pipeline, key, split) VALUES (?, ?, ?)")
                .execute(arguments: [pipeline, "g:" + group, split.rawValue])
        }
        let insert = try BulkStatement(
            db,
            """
            INSERT INTO dataset_row (pipeline, drop_id, id, line, split, label, prompt_key, answer_key) VALUES \
            (?, ?, ?, ?, ?, ?, ?, ?)
            """
        )
        insert.bind(1, pipeline)
        insert.bind(2, drop.id.rawValue)
        // In the order of their tree, so that each page is met once.
        for index in order(batch.rows.lazy.map(\.id.rawValue)) {
            let row = batch.rows[index]
            insert.bind(3, row.id.rawValue)
            insert.bind(4, row.line)
            insert.bind(5, row.split.rawValue)
            insert.bind(6, row.label)
            insert.bind(7, row.promptKey)
            insert.bind(8, row.answerKey)
            try insert.run()
        }
        for row in batch.duplicates {
            try db.cachedStatement(
                sql: "INSERT OR IGNORE INTO duplicate_row (drop_id, line, pipeline, id) VALUES (?, ?, ?, ?)"
            )
            .execute(arguments: [drop.id.rawValue, row.line, pipeline, row.id.rawValue])
        }
        for row in batch.setAside {
            try db.cachedStatement(
                sql:
                    """
                    INSERT OR IGNORE INTO set_aside (pipeline, id, reason, drop_id, line, other, score) VALUES \
                    (?, ?, ?, ?, ?, ?, ?)
                    """
            ).execute(
                arguments: [
                    pipeline, row.id.rawValue, row.reason.rawValue, row.drop.rawValue, row.line, row.other?.rawValue,
                    row.score,
                ])
        }
    }

    /// Rows that are forgotten in one transaction: others write in between.
    private static let forgottenAtOnce = 8192

    /// Forgets what was written of drops that never became `stored`, so that they can be stored from the beginning.
    /// Sides of groups stay as decided.
    ///
    /// Nobody sees such rows, so that they may go in several transactions. Throws a CancellationError where the task is
    /// cancelled in between.
    package func forgetUnfinished(_ drop: DropID) throws {
        for (table, key) in [
            ("dataset_row", "number"), ("duplicate_row", "drop_id, line"), ("set_aside", "pipeline, id, reason"),
        ] {
            var isMore = true
            while isMore {
                Pulse.beat()
                try Task.checkCancellation()
                isMore = try write { db in
                    guard
                        try String.fetchOne(
                            db, sql: "SELECT state FROM drop_file WHERE id = ?", arguments: [drop.rawValue])
                            != Drop.State.stored.rawValue
                    else { return false }
                    try db.execute(
                        sql: """
                            DELETE FROM \(table) WHERE (\(key)) IN (
                                SELECT \(key) FROM \(table) WHERE drop_id = ? LIMIT \(Self.forgottenAtOnce))
                            """, arguments: [drop.rawValue])
                    return db.changesCount == Self.forgottenAtOnce
                }
            }
        }
    }

    /// Makes a drop `stored`: from here on its rows are in the dataset.
    package func finish(_ drop: Drop, shards: [Split: FileReference]) throws {
        try write { db in try Self.finish(drop, shards, db) }
    }

    private static func finish(_ drop: Drop, _ shards: [Split: FileReference], _ db: Database) throws {
        var drop = drop
        drop.state = .stored
        for (split, file) in shards {
            try db.execute(
                sql: "INSERT INTO shard (drop_id, split, pipeline, sha256, rows, body) VALUES (?, ?, ?, ?, ?, ?)",
                arguments: [
                    drop.id.rawValue, split.rawValue, drop.pipeline.rawValue, file.sha256, file.rows ?? 0,
                    try body(file),
                ])
        }
        try db.execute(
            sql: "UPDATE drop_file SET body = ?, stored_at = ? WHERE id = ?",
            arguments: [try body(drop), Date().timeIntervalSince1970, drop.id.rawValue])
    }

    /// Stores a drop's last rows and its shards, marks it `stored` and keeps its report, all in one transaction: there
    /// is no stored drop without one. Rows that another drop brought meanwhile are refused. Throws a CancellationError
    /// where the task is cancelled meanwhile: then the drop is as it was.
    ///
    /// - Parameter report: makes the report, from what contradicts its rows and how many of them are kept out, by
    ///   reason.
    package func store(
        _ drop: Drop, _ batch: DatasetBatch, shards: [Split: FileReference],
        report: ((_ contradictions: DataReport.Contradictions, _ removed: [String: Int]) throws -> DataReport)? = nil
    ) throws {
        try writeUnlessCancelled { db in
            try Self.add(batch, of: drop, db)
            try Self.finish(drop, shards, db)
            guard let report else { return }
            try Self.keep(
                try report(
                    try Self.contradictions(drop.pipeline, drop.id, db), try Self.removed(drop.pipeline, drop.id, db)),
                nil, db)
        }
    }
}
