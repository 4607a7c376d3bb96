import GRDB

/// Table `frozen_settings`: what runs are judged by, by digest.
extension Ledger {
    /// The text that was kept under a digest.
    package func frozenSettings(_ digest: String) throws -> String? {
        try read {
            try String.fetchOne($0, sql: "SELECT body FROM frozen_settings WHERE digest = ?", arguments: [digest])
        }
    }

    /// Keeps a text under its digest; the same one again changes nothing.
    package func keepFrozenSettings(_ body: String, digest: String) throws {
        try write { db in
            try db.execute(
                sql: "INSERT OR IGNORE INTO frozen_settings (digest, body) VALUES (?, ?)", arguments: [digest, body])
        }
    }
}
