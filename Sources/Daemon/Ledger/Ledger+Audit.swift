import Foundation
import GRDB
import Nouns

/// Table `audit`: who changed what.
extension Ledger {
    /// Records a change that is about to be made; returns its number.
    package func begin(_ record: AuditRecord) throws -> Int {
        try write { db in
            try db.execute(
                sql: """
                    INSERT INTO audit (at, action, subject, detail, who, owner, uid, pid, outcome)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    record.at.timeIntervalSince1970, record.action, record.subject, record.detail, record.who,
                    record.owner, record.uid.map { Int($0) }, record.pid.map { Int($0) }, record.outcome,
                ])
            return Int(db.lastInsertedRowID)
        }
    }

    /// Records what became of a change.
    package func end(audit sequence: Int, detail: String, outcome: String) throws {
        try write {
            try $0.execute(
                sql: "UPDATE audit SET detail = ?, outcome = ? WHERE sequence = ?",
                arguments: [detail, outcome, sequence])
        }
    }

    /// Changes, the newest first.
    ///
    /// - Parameters:
    ///   - user: only those by this name, or by this user's number; nil for everybody's.
    ///   - action: only this verb (`runs.promote`), or those of this noun (`runs`).
    ///   - subject: only those of this thing.
    package func audit(user: String?, action: String?, subject: String?, since: Date?, limit: Int) throws
        -> [AuditRecord]
    {
        try read { db in
            try GRDB.Row.fetchAll(
                db,
                sql: """
                    SELECT sequence, at, action, subject, detail, who, owner, uid, pid, outcome FROM audit
                    WHERE (?1 IS NULL OR who = ?1 OR owner = ?1 OR CAST(uid AS TEXT) = ?1)
                        AND (?2 IS NULL OR action = ?2 OR substr(action, 1, length(?2) + 1) = ?2 || '.')
                        AND (?3 IS NULL OR subject = ?3 OR instr(' ' || subject || ' ', ' ' || ?3 || ' ') > 0)
                        AND (?4 IS NULL OR at >= ?4)
                    ORDER BY sequence DESC LIMIT ?5
                    """,
                arguments: [user, action, subject, since?.timeIntervalSince1970, limit]
            ).map { row in
                AuditRecord(
                    sequence: row["sequence"], at: Date(timeIntervalSince1970: row["at"]), action: row["action"],
                    subject: row["subject"], detail: row["detail"], who: row["who"], owner: row["owner"],
                    uid: (row["uid"] as Int?).flatMap { UInt32(exactly: $0) },
                    pid: (row["pid"] as Int?).flatMap { Int32(exactly: $0) }, outcome: row["outcome"])
            }
        }
    }
}
