import Foundation
import GRDB
import Nouns

/// Table `dataset_row`: the rows of every dataset, each once.
extension Ledger {
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

    /// The drop and line that a row of the dataset came from, or nil.
    package func place(of row: RowID, in pipeline: PipelineName) throws -> (DropID, Int)? {
        try read { db in
            try GRDB.Row.fetchOne(
                db, sql: "SELECT drop_id, line FROM dataset_row WHERE pipeline = ? AND id = ?",
                arguments: [pipeline.rawValue, row.rawValue]
            ).map { (DropID($0["drop_id"] as String), $0["line"]) }
        }
    }

    /// The labels of a pipeline that a model chooses among: those with at least ``leastLabelRows`` training rows or 2 %
    /// of them, at most `limit`. Nil where some row has no label or there are more.
    ///
    /// A label of a stray row or two is no class: its text is scored as likely for every row where it is short, and
    /// would take right answers away from every model.
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
            let total =
                try Int.fetchOne(
                    db, sql: "SELECT COUNT(*) \(stored) AND split = 'train'", arguments: [pipeline.rawValue]) ?? 0
            // Where each row has an answer of its own, there are as many as rows: they stay where they are.
            let labels = try String.fetchAll(
                db,
                sql: """
                    SELECT label \(stored) AND split = 'train' GROUP BY label
                    HAVING COUNT(*) >= ? OR COUNT(*) * 50 >= ? ORDER BY label LIMIT ?
                    """, arguments: [pipeline.rawValue, Self.leastLabelRows, total, limit + 1])
            return labels.isEmpty || labels.count > limit ? nil : labels
        }
    }

    /// Whether the rows of a pipeline have `least` classes or more, as far as some of them tell: it is asked for every
    /// status.
    package func hasClasses(_ pipeline: PipelineName, least: Int = 2) throws -> Bool {
        try read { db in
            try Bool.fetchOne(
                db,
                sql: """
                    SELECT COUNT(*) = COUNT(label) AND COUNT(DISTINCT label) BETWEEN ?2 AND 50 FROM
                    (SELECT label FROM dataset_row WHERE pipeline = ?1 LIMIT 200)
                    """, arguments: [pipeline.rawValue, least]) ?? false
        }
    }

    /// Training rows from which on a label is a class, however many there are of others.
    private static let leastLabelRows = 5

    /// Training rows of each class.
    package func classRows(_ pipeline: PipelineName) throws -> [String: Int] {
        try read { db in
            let rows = try GRDB.Row.fetchAll(
                db,
                sql: """
                    SELECT label, COUNT(*) AS n FROM drop_file CROSS JOIN dataset_row ON drop_id = drop_file.id
                    WHERE state = 'stored' AND drop_file.pipeline = ? AND split = 'train' AND label IS NOT NULL GROUP \
                    BY label
                    """, arguments: [pipeline.rawValue])
            return Dictionary(rows.map { ($0["label"], $0["n"]) }, uniquingKeysWith: { first, _ in first })
        }
    }

    /// Prompts with more than one answer that a report names.
    private static let contradictionExamples = 10

    /// Prompts with more than one answer: how many, their rows, and the first few; of one drop those that it has a part
    /// in.
    package func contradictions(_ pipeline: PipelineName, drop: DropID? = nil) throws -> DataReport.Contradictions {
        try read { db in try Self.contradictions(pipeline, drop, db) }
    }

    static func contradictions(_ pipeline: PipelineName, _ drop: DropID?, _ db: Database) throws
        -> DataReport.Contradictions
    {
        // Of one drop its own prompts are looked up; of the dataset the index is read in order. It alone tells the few
        // prompts of which the rows themselves have to be looked at.
        let own = drop == nil ? "" : "AND prompt_key IN (SELECT prompt_key FROM dataset_row WHERE drop_id = ?2)"
        let groups = try GRDB.Row.fetchAll(
            db,
            sql: """
                WITH candidate AS MATERIALIZED (
                    SELECT prompt_key FROM dataset_row WHERE pipeline = ?1 AND prompt_key IS NOT NULL \(own)
                    GROUP BY prompt_key HAVING MIN(answer_key) < MAX(answer_key))
                SELECT prompt_key AS k, COUNT(*) AS n FROM candidate CROSS JOIN dataset_row USING (prompt_key)
                    JOIN drop_file ON drop_file.id = drop_id AND state = 'stored'
                WHERE dataset_row.pipeline = ?1
                GROUP BY prompt_key HAVING MIN(answer_key) < MAX(answer_key) ORDER BY prompt_key
                """, arguments: drop.map { [pipeline.rawValue, $0.rawValue] } ?? [pipeline.rawValue])
        var result = DataReport.Contradictions()
        result.prompts = groups.count
        result.rows = groups.reduce(0) { $0 + ($1["n"] as Int) }
        result.examples = try groups.prefix(contradictionExamples).map { group in
            try String.fetchAll(
                db, sql: "SELECT id FROM dataset_row WHERE pipeline = ? AND prompt_key = ? ORDER BY id LIMIT 10",
                arguments: [pipeline.rawValue, group["k"] as String]
            ).map { RowID($0) }
        }
        return result
    }

    /// The places of digests in ascending order of their first eight bytes, which is near enough to that of their tree,
    /// and cheap.
    static func order(_ digests: some Sequence<String>) -> [Int] {
        digests.enumerated().map { (key: $1.utf8.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }, place: $0) }
            .sorted { $0.key < $1.key }.map(\.place)
    }
}
