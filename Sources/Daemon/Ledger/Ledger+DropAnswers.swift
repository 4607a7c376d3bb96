import Foundation
import GRDB
import Nouns

/// Table `drop_file`: how what was served did on drops before they were learnt.
extension Ledger {
    /// Keeps a drop's answers; nothing where the drop is gone or withdrawn, or has some already.
    package func keep(_ answers: DropAnswers, of id: DropID) throws {
        try write { db in
            guard var drop = try Self.drop(id, db), drop.state == .stored, drop.answers == nil else { return }
            drop.answers = answers
            try Self.update(drop, db)
        }
    }

    /// The answers to these drops, as far as there are some.
    package func answers(to drops: [DropID]) throws -> [DropID: DropAnswers] {
        try read { db in
            var found: [DropID: DropAnswers] = [:]
            for id in drops { found[id] = try Self.drop(id, db)?.answers }
            return found
        }
    }

    /// The answers of a version to the newest drops of a pipeline, newest first.
    ///
    /// - Parameter limit: stored drops that are looked through.
    package func answers(of version: VersionID, in pipeline: PipelineName, limit: Int) throws -> [DropAnswers] {
        try read { db in
            try Self.nouns(
                DropAnswers.self, db,
                """
                SELECT json_extract(body, '$.answers') FROM (
                    SELECT body FROM drop_file WHERE pipeline = ?1 AND state = 'stored'
                    ORDER BY received_at DESC LIMIT ?3)
                WHERE body ->> '$.answers.version' = ?2
                """, [pipeline.rawValue, version.rawValue, limit])
        }
    }

    /// When drops came.
    package func arrivals(_ drops: [DropID]) throws -> [DropID: Date] {
        try read { db in
            let statement = try db.cachedStatement(sql: "SELECT received_at FROM drop_file WHERE id = ?")
            return try drops.reduce(into: [:]) { found, drop in
                found[drop] = try Double.fetchOne(statement, arguments: [drop.rawValue]).map {
                    Date(timeIntervalSince1970: $0)
                }
            }
        }
    }

    /// The answers to the newest drops of a pipeline, oldest first.
    ///
    /// - Parameter limit: drops that are looked through.
    package func newestAnswers(_ pipeline: PipelineName, limit: Int) throws -> [(drop: DropID, answers: DropAnswers)] {
        try read { db in
            try GRDB.Row.fetchAll(
                db,
                sql: """
                    SELECT id, json_extract(body, '$.answers') AS answers FROM (
                        SELECT id, body FROM drop_file WHERE pipeline = ?1 AND state = 'stored'
                        ORDER BY received_at DESC, id DESC LIMIT ?2)
                    WHERE answers IS NOT NULL
                    """, arguments: [pipeline.rawValue, limit]
            ).reversed().map { row in
                (DropID(row["id"] as String), try Self.noun(DropAnswers.self, row["answers"]))
            }
        }
    }

    /// The newest drops of a pipeline that were answered, oldest first.
    package func answeredDrops(_ pipeline: PipelineName, limit: Int) throws -> [Drop] {
        try drops(pipeline: pipeline, limit: limit).filter { $0.state == .stored && $0.answers != nil }.reversed()
    }
}
