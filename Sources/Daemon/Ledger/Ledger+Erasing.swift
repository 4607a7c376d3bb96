import Foundation
import GRDB
import Nouns

/// Text of withdrawn rows in the ledger itself, and in the copies of it.
extension Ledger {
    /// Drops with the same bytes as `drop`, which came again.
    package func duplicates(of drop: Drop) throws -> [Drop] {
        try read {
            try readable(
                Drop.self, $0,
                "SELECT id, body FROM drop_file WHERE pipeline = ? AND sha256 = ? AND state = 'duplicate' AND id <> ?",
                [drop.pipeline.rawValue, drop.sha256, drop.id.rawValue])
        }
    }

    /// Takes what is left of the text of a withdrawn drop's rows out of the ledger: class names that no other row has,
    /// and reports. Pages that held it are overwritten, the write-ahead log is emptied, and copies of earlier schemas
    /// are removed.
    ///
    /// - Parameters:
    ///   - snapshots: those that had rows of the drop.
    ///   - runs: those that learnt from them or were judged on them.
    ///   - jobs: those whose files had them; what was wrong with the files quotes them.
    package func erase(_ drop: Drop, snapshots: Set<SnapshotID>, runs: [RunID], jobs: [JobID]) throws {
        try write { db in
            try db.execute(
                sql: "DELETE FROM quality_report WHERE pipeline = ? AND subject IN ('', ?)",
                arguments: [drop.pipeline.rawValue, drop.id.rawValue])
            let labels = try String.fetchSet(
                db, sql: "SELECT DISTINCT label FROM dataset_row WHERE pipeline = ? AND label IS NOT NULL",
                arguments: [drop.pipeline.rawValue])
            var gone: Set<String> = []
            for id in snapshots {
                guard var snapshot = try Self.snapshot(id, db), let names = snapshot.labels else { continue }
                snapshot.labels = names.filter(labels.contains)
                gone.formUnion(names.filter { !labels.contains($0) })
                try db.execute(
                    sql: "UPDATE snapshot SET body = ? WHERE id = ?", arguments: [try Self.body(snapshot), id.rawValue])
            }
            // Scores were once kept apart by the names themselves.
            for label in gone {
                try db.execute(sql: "DELETE FROM evaluation WHERE instr(settings, ?) > 0", arguments: [label])
            }
            for id in runs {
                guard var run = try Self.run(id, db) else { continue }
                run.verdict?.forget(classes: gone)
                try Self.save(run, db)
            }
            for id in jobs {
                guard var job = try Self.job(id, db) else { continue }
                job.forgetFaults()
                try Self.save(job, db)
            }
        }
        pool.writeWithoutTransaction { db in
            // Readers that are at work keep the log; the next checkpoint empties it then.
            _ = try? db.checkpoint(.truncate)
        }
        try removeCopies()
    }

    /// Withdraws every drop of a pipeline, and takes the text of its rows out of the ledger. Returns how many drops
    /// there were.
    package func erase(_ pipeline: PipelineName, who: String, reason: String) throws -> Int {
        let name = pipeline.rawValue
        let count = try write { db in
            try db.execute(
                sql: """
                    INSERT OR IGNORE INTO revocation (drop_id, who, reason, at)
                    SELECT id, ?, ?, ? FROM drop_file WHERE pipeline = ? AND state <> 'revoked'
                    """, arguments: [who, reason, Date().timeIntervalSince1970, name])
            try db.execute(
                sql: """
                    UPDATE drop_file SET indexed = 0, body = json_set(body, '$.state', 'revoked')
                    WHERE pipeline = ? AND state <> 'revoked'
                    """, arguments: [name])
            let count = db.changesCount
            for table in ["dataset_row", "duplicate_row", "set_aside", "quality_report", "side", "dataset_mark"] {
                try db.execute(sql: "DELETE FROM \(table) WHERE pipeline = ?", arguments: [name])
            }
            try db.execute(
                sql: "UPDATE snapshot SET body = json_remove(body, '$.labels') WHERE pipeline = ?", arguments: [name])
            return count
        }
        pool.writeWithoutTransaction { _ = try? $0.checkpoint(.truncate) }
        try removeCopies()
        return count
    }

    private func removeCopies() throws {
        let folder = (path as NSString).deletingLastPathComponent
        let prefix = (path as NSString).lastPathComponent + ".before-"
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name.hasPrefix(prefix) {
            try FileManager.default.removeItem(atPath: folder + "/" + name)
        }
    }
}
