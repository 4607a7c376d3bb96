import Foundation
import GRDB
import Nouns

/// What one batch of a drop brings, to be written in one transaction.
package struct DatasetBatch: Sendable {
    package var rows: [DatasetRow] = []
    /// Rows that the dataset has already, with their lines.
    package var duplicates: [(id: RowID, line: Int)] = []
    package var setAside: [SetAsideRow] = []
    /// Sides decided now. Those of prompts are kept as their rows are.
    package var sides = Sides()

    package init() {}
}

extension Ledger {
    /// The sides that were decided before, of those among the prompts and groups that have one.
    package func sides(prompts: some Sequence<String>, groups: some Sequence<String>, in pipeline: PipelineName) throws
        -> Sides
    {
        try read { db in
            var sides = Sides()
            let decided = try BulkStatement(db, "SELECT split FROM side WHERE pipeline = ? AND key = ?")
            decided.bind(1, pipeline.rawValue)
            func known(_ key: String) throws -> Split? {
                decided.bind(2, key)
                return try decided.text().flatMap(Split.init)
            }
            for group in groups { sides.groups[group] = try known("g:" + group) }
            // Few prompts have a side without a row, and in most datasets none.
            let hasWithdrawn =
                try Bool.fetchOne(
                    db, sql: "SELECT EXISTS (SELECT 1 FROM side WHERE pipeline = ? AND key >= 'p:' AND key < 'p;')",
                    arguments: [pipeline.rawValue]) ?? true
            let ofRows = try BulkStatement(
                db, "SELECT MIN(split) FROM dataset_row WHERE pipeline = ? AND prompt_key = ?")
            ofRows.bind(1, pipeline.rawValue)
            // In the order of their tree, so that each page is met once.
            let prompts = Array(prompts)
            for index in Self.order(prompts) {
                let prompt = prompts[index]
                ofRows.bind(2, prompt)
                if let side = try (hasWithdrawn ? known("p:" + prompt) : nil) ?? ofRows.text().flatMap(Split.init) {
                    sides.prompts[prompt] = side
                }
            }
            return sides
        }
    }

    /// The places of digests in ascending order of their first eight bytes, which is near enough to that of their tree,
    /// and cheap.
    private static func order(_ digests: some Sequence<String>) -> [Int] {
        digests.enumerated().map { (key: $1.utf8.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }, place: $0) }
            .sorted { $0.key < $1.key }.map(\.place)
    }

    /// Which of `ids` the pipeline's dataset has already.
    package func known(_ ids: [RowID], in pipeline: PipelineName) throws -> Set<RowID> {
        try read { db in
            let statement = try BulkStatement(db, "SELECT 1 FROM dataset_row WHERE id = ? AND pipeline = ?")
            statement.bind(2, pipeline.rawValue)
            return Set(
                try ids.filter {
                    statement.bind(1, $0.rawValue)
                    return try statement.exists()
                })
        }
    }

    /// Whether the pipeline has rows of a time before prompts were noted.
    package func hasRowsWithoutPrompt(_ pipeline: PipelineName) throws -> Bool {
        try read { db in
            try Bool.fetchOne(
                db, sql: "SELECT EXISTS (SELECT 1 FROM dataset_row WHERE pipeline = ? AND prompt_key IS NULL)",
                arguments: [pipeline.rawValue]) ?? true
        }
    }

    /// Writes one batch of a drop that is not `stored` yet; nobody sees its rows until ``finish(_:shards:)``.
    package func add(_ batch: DatasetBatch, of drop: Drop) throws {
        try write { db in try Self.add(batch, of: drop, db) }
    }

    /// Forgets what was written of drops that never became `stored`, so that they can be stored from the beginning.
    /// Sides of groups stay as decided.
    package func forgetUnfinished(_ drop: DropID) throws {
        try write { db in
            guard
                try String.fetchOne(db, sql: "SELECT state FROM drop_file WHERE id = ?", arguments: [drop.rawValue])
                    != Drop.State.stored.rawValue
            else { return }
            for table in ["dataset_row", "duplicate_row", "set_aside"] {
                try db.execute(sql: "DELETE FROM \(table) WHERE drop_id = ?", arguments: [drop.rawValue])
            }
        }
    }

    /// Makes a drop `stored`: from here on its rows are in the dataset.
    package func finish(_ drop: Drop, shards: [Split: FileReference]) throws {
        try write { db in try Self.finish(drop, shards, db) }
    }

    /// Stores a drop's last rows and its shards, marks it `stored` and keeps its report, all in one transaction: there
    /// is no stored drop without one. Rows that another drop brought meanwhile are refused.
    ///
    /// - Parameter report: makes the report, from what contradicts its rows and how many of them are kept out, by
    ///   reason.
    package func store(
        _ drop: Drop, _ batch: DatasetBatch, shards: [Split: FileReference],
        report: ((_ contradictions: DataReport.Contradictions, _ removed: [String: Int]) throws -> DataReport)? = nil
    ) throws {
        try write { db in
            try Self.add(batch, of: drop, db)
            try Self.finish(drop, shards, db)
            guard let report else { return }
            try Self.keep(
                try report(
                    try Self.contradictions(drop.pipeline, drop.id, db), try Self.removed(drop.pipeline, drop.id, db)),
                nil, db)
        }
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
            sql: "UPDATE drop_file SET state = ?, body = ?, stored_at = ? WHERE id = ?",
            arguments: [drop.state.rawValue, try body(drop), Date().timeIntervalSince1970, drop.id.rawValue])
    }

    /// Rows by split; of drops that are stored and not revoked.
    package func rowCounts(_ pipeline: PipelineName) throws -> [Split: Int] {
        try read { db in
            let rows = try GRDB.Row.fetchAll(
                db,
                sql: """
                    SELECT split, SUM(rows) AS n FROM shard JOIN drop_file ON drop_file.id = shard.drop_id
                    WHERE shard.pipeline = ? AND drop_file.state = 'stored' GROUP BY split
                    """, arguments: [pipeline.rawValue])
            return Dictionary(
                rows.compactMap { row in Split(rawValue: row["split"]).map { ($0, row["n"] as Int) } },
                uniquingKeysWith: { $1 })
        }
    }

    /// The row files of a pipeline, or of one of its drops, in the order of arrival.
    package func shards(_ pipeline: PipelineName, drop: DropID? = nil) throws -> [(
        drop: DropID, split: Split, file: FileReference
    )] {
        try read { db in
            try GRDB.Row.fetchAll(
                db,
                sql: """
                    SELECT shard.drop_id AS d, split, shard.body AS b FROM shard JOIN drop_file ON drop_file.id = \
                    shard.drop_id
                    WHERE \(drop == nil ? "" : "shard.drop_id = ?2 AND ") shard.pipeline = ?1 AND drop_file.state = \
                    'stored' ORDER BY received_at, shard.drop_id
                    """, arguments: StatementArguments([pipeline.rawValue] + (drop.map { [$0.rawValue] } ?? []))
            ).compactMap { row in
                guard let split = Split(rawValue: row["split"]) else { return nil }
                return (DropID(row["d"] as String), split, try Self.noun(FileReference.self, row["b"]))
            }
        }
    }

    /// The distinct labels of a pipeline's rows, at most `limit`; nil where some row has none or there are more.
    package func labels(_ pipeline: PipelineName, limit: Int) throws -> [String]? {
        try read { db in
            let stored =
                """
                FROM drop_file CROSS JOIN dataset_row ON drop_id = drop_file.id WHERE state = 'stored' AND \
                drop_file.pipeline = ?
                """
            let missing =
                try Int.fetchOne(db, sql: "SELECT COUNT(*) \(stored) AND label IS NULL", arguments: [pipeline.rawValue])
                ?? 0
            guard missing == 0 else { return nil }
            let labels = try String.fetchAll(
                db, sql: "SELECT DISTINCT label \(stored) ORDER BY label LIMIT ?",
                arguments: [pipeline.rawValue, limit + 1])
            return labels.isEmpty || labels.count > limit ? nil : labels
        }
    }

    /// Rows kept out, newest drops first; all reasons, or one.
    package func setAside(
        _ pipeline: PipelineName, drop: DropID? = nil, reason: SetAsideRow.Reason? = nil, limit: Int = Int.max
    ) throws -> [SetAsideRow] {
        try read { db in
            try GRDB.Row.fetchAll(
                db,
                sql: """
                    SELECT set_aside.id AS id, reason, drop_id, line, other, score FROM set_aside
                    JOIN drop_file ON drop_file.id = drop_id AND state = 'stored'
                    WHERE set_aside.pipeline = ? AND (? IS NULL OR drop_id = ?) AND (? IS NULL OR reason = ?)
                    ORDER BY received_at DESC, drop_id DESC, line LIMIT ?
                    """,
                arguments: [
                    pipeline.rawValue, drop?.rawValue, drop?.rawValue, reason?.rawValue, reason?.rawValue, limit,
                ]
            ).compactMap { row in
                guard let reason = SetAsideRow.Reason(rawValue: row["reason"]) else { return nil }
                return SetAsideRow(
                    id: RowID(row["id"] as String), reason: reason, drop: DropID(row["drop_id"] as String),
                    line: row["line"],
                    other: (row["other"] as String?).map { RowID($0) }, score: row["score"])
            }
        }
    }
}
