import GRDB
import Nouns

/// Table `export`: what became of a version's exports.
extension Ledger {
    /// What became of a version's exports.
    package func exports(_ version: VersionID) throws -> [ExportRecord] {
        try read {
            try Self.nouns(
                ExportRecord.self, $0, "SELECT body FROM export WHERE version = ? ORDER BY format", [version.rawValue])
        }
    }

    /// Records an export, replacing what was recorded of the same format.
    package func keep(_ export: ExportRecord) throws {
        try write { db in
            try db.execute(
                sql: "INSERT OR REPLACE INTO export (version, format, body) VALUES (?, ?, ?)",
                arguments: [
                    export.version.rawValue, export.format.rawValue, try Self.body(export),
                ])
        }
    }
}
