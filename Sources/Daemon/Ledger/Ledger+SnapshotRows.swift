import Foundation
import GRDB
import Nouns

extension Ledger {
    /// Notes which rows a file made for a snapshot alone has, such as its replay.
    package func notePicked(_ rows: [RowID], in file: FileReference) throws {
        try write { db in
            for row in rows {
                try db.cachedStatement(sql: "INSERT OR IGNORE INTO picked_row (sha256, id) VALUES (?, ?)").execute(
                    arguments: [file.sha256, row.rawValue])
            }
        }
    }

    /// Notes which rows of its source a filtered copy leaves out.
    package func noteLeftOut(_ rows: [RowID: SetAsideRow.Reason], of file: FileReference) throws {
        try write { db in
            for (row, reason) in rows {
                try db.cachedStatement(sql: "INSERT OR IGNORE INTO left_out_row (sha256, id, reason) VALUES (?, ?, ?)")
                    .execute(arguments: [file.sha256, row.rawValue, reason.rawValue])
            }
        }
    }
}
