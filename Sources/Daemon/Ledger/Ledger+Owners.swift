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

    /// The runs and drops of jobs that others made.
    package func hidden(from owner: String) throws -> (runs: Set<RunID>, drops: Set<DropID>) {
        try read { db in
            let rows = try GRDB.Row.fetchAll(
                db, sql: "SELECT run, drop_id FROM job WHERE owner <> ?", arguments: [owner])
            return (
                Set(rows.compactMap { ($0["run"] as String?).map { RunID($0) } }),
                Set(rows.map { DropID($0["drop_id"] as String) })
            )
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
