import Foundation
import GRDB
import Nouns

/// Table `alias`: a pipeline's own names for its versions.
extension Ledger {
    /// A pipeline's own names for versions.
    package func aliases(_ pipeline: PipelineName) throws -> [String: VersionID] {
        try read { db in
            Dictionary(
                try GRDB.Row.fetchAll(
                    db, sql: "SELECT name, version FROM alias WHERE pipeline = ?", arguments: [pipeline.rawValue]
                )
                .map { ($0["name"] as String, VersionID($0["version"] as String)) }, uniquingKeysWith: { $1 })
        }
    }

    /// Gives a version a name of the person's own, moving it where another version had it; nil takes the name away.
    ///
    /// Throws a Failure for the names that the daemon gives itself, for a name to be taken away that no version has,
    /// and for versions of other pipelines.
    package func setAlias(_ name: String, of pipeline: PipelineName, to id: VersionID?, who: String) throws {
        guard name.wholeMatch(of: /[a-z0-9][a-z0-9._-]{0,60}/) != nil,
            !["current", "previous", "candidate"].contains(name), !name.hasPrefix("v-")
        else {
            throw Failure(
                code: "alias.name", "'\(name)' cannot be an alias.", at: name,
                remedy:
                    """
                    Use lower-case letters, digits, '.', '_' and '-'; current, previous and candidate are kept by \
                    the daemon.
                    """
            )
        }
        try write { db in
            guard let id else {
                try db.execute(
                    sql: "DELETE FROM alias WHERE pipeline = ? AND name = ?", arguments: [pipeline.rawValue, name])
                guard db.changesCount > 0 else {
                    throw Failure(
                        code: "alias.unknown", "No version of '\(pipeline)' has the name '\(name)'.", at: name,
                        remedy: "See `ftctl version list \(pipeline)`.")
                }
                return
            }
            guard
                try String.fetchOne(db, sql: "SELECT pipeline FROM version WHERE id = ?", arguments: [id.rawValue])
                    == pipeline.rawValue
            else {
                throw Self.unknown(id)
            }
            try db.execute(
                sql: "INSERT OR REPLACE INTO alias (pipeline, name, version, who, at) VALUES (?, ?, ?, ?, ?)",
                arguments: [pipeline.rawValue, name, id.rawValue, who, Date().timeIntervalSince1970])
        }
    }
}
