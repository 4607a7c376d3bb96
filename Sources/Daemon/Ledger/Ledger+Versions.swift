import Foundation
import GRDB
import Nouns

/// Table `version`: the models that runs became.
extension Ledger {
    package func version(_ id: VersionID) throws -> ModelVersion? {
        try read { try Self.version(id, $0) }
    }

    /// A version within a transaction, or nil.
    static func version(_ id: VersionID, _ db: Database) throws -> ModelVersion? {
        try nouns(ModelVersion.self, db, "SELECT body FROM version WHERE id = ?", [id.rawValue]).first
    }

    package func versions(_ pipeline: PipelineName) throws -> [ModelVersion] {
        try read {
            try readable(
                ModelVersion.self, $0, "SELECT id, body FROM version WHERE pipeline = ? ORDER BY rowid",
                [pipeline.rawValue]
            )
        }
    }

    /// Records a version; recording it again changes nothing.
    package func add(_ version: ModelVersion) throws {
        try write { db in
            try db.execute(
                sql: "INSERT OR IGNORE INTO version (id, pipeline, run, body) VALUES (?, ?, ?, ?)",
                arguments: [
                    version.id.rawValue, version.pipeline.rawValue, version.run.rawValue, try Self.body(version),
                ])
        }
    }

    /// Changes a version's notes and tags, which are all of it that may change.
    package func annotate(_ id: VersionID, notes: String?, tags: [String: String?]) throws -> ModelVersion {
        try write { db in
            guard var version = try Self.version(id, db) else {
                throw Self.unknown(id)
            }
            if let notes { version.notes = notes.isEmpty ? nil : notes }
            for (key, value) in tags { version.tags[key] = value }
            try db.execute(
                sql: "UPDATE version SET body = ? WHERE id = ?", arguments: [try Self.body(version), id.rawValue])
            return version
        }
    }

    static func unknown(_ id: VersionID) -> Failure {
        Failure(
            code: "version.unknown", "There is no version '\(id)'.", at: id.rawValue,
            remedy: "See `ftctl history PIPELINE`.")
    }
}
