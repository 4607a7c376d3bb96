import GRDB

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
