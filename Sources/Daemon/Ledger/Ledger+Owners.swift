import GRDB
import Nouns

/// Whose the rows of several tables are.
extension Ledger {
    /// The tables with a column `owner`.
    private static let owned = ["kept_file", "part_upload", "upload", "made_pipeline"]

    /// Everybody whom something belongs to.
    package func owners() throws -> Set<String> {
        try read { db in
            try (Self.owned + ["job"]).reduce(into: []) { owners, table in
                owners.formUnion(try String.fetchSet(db, sql: "SELECT DISTINCT owner FROM \(table)"))
            }
        }
    }

    /// Whose job a drop is of; nil where it is of none.
    package func jobOwner(ofDrop id: DropID) throws -> String? {
        try read { try String.fetchOne($0, sql: "SELECT owner FROM job WHERE drop_id = ?", arguments: [id.rawValue]) }
    }

    /// Whose job a run is of; nil where it is of none.
    package func jobOwner(ofRun id: RunID) throws -> String? {
        try read { try String.fetchOne($0, sql: "SELECT owner FROM job WHERE run = ?", arguments: [id.rawValue]) }
    }

    /// Whether somebody else than `owner` has made a job.
    package func hasJobs(besides owner: String) throws -> Bool {
        try read {
            try Bool.fetchOne(
                $0, sql: "SELECT EXISTS (SELECT 1 FROM job WHERE owner <> ?)", arguments: [owner]) ?? false
        }
    }

    /// Whose the files are that brought a row, one by one; nil for a file that is of no job.
    package func owners(ofRow id: RowID, in pipeline: PipelineName) throws -> [String?] {
        try read { db in
            try GRDB.Row.fetchAll(
                db,
                sql: """
                    SELECT job.owner AS owner FROM (
                        SELECT drop_id FROM dataset_row WHERE id = ?1 AND pipeline = ?2
                        UNION SELECT drop_id FROM duplicate_row WHERE id = ?1 AND pipeline = ?2
                        UNION SELECT drop_id FROM revoked_row WHERE id = ?1 AND pipeline = ?2) AS place
                    LEFT JOIN job ON job.drop_id = place.drop_id
                    """, arguments: [id.rawValue, pipeline.rawValue]
            ).map { $0["owner"] as String? }
        }
    }

    /// The pipelines that have a row, each with the drop and the side that it is in.
    package func places(ofRow id: RowID) throws -> [(pipeline: PipelineName, drop: DropID, split: Split)] {
        try read { db in
            try GRDB.Row.fetchAll(
                db, sql: "SELECT pipeline, drop_id, split FROM dataset_row WHERE id = ? ORDER BY pipeline",
                arguments: [id.rawValue]
            ).compactMap { row in
                Split(rawValue: row["split"]).map {
                    (PipelineName(row["pipeline"] as String), DropID(row["drop_id"] as String), $0)
                }
            }
        }
    }

    /// Gives all that belongs to somebody to another one.
    package func pass(from owner: String, to other: String) throws {
        try write { db in
            for table in Self.owned {
                try db.execute(
                    sql: "UPDATE \(table) SET owner = ? WHERE owner = ?", arguments: [other, owner])
            }
            try db.execute(
                sql: "UPDATE job SET body = json_set(body, '$.owner', ?) WHERE owner = ?", arguments: [other, owner])
        }
    }
}
