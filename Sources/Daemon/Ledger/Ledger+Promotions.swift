import Foundation
import GRDB
import Nouns
import Platform

/// Table `promotion`: what each pipeline serves and served, as a chain of records that only grows.
extension Ledger {
    /// The genesis of every pipeline's chain.
    private static let root = String(repeating: "0", count: 64)

    /// What the pipeline serves now: the version of its newest promotion record (nil: the base alone).
    package func served(_ pipeline: PipelineName) throws -> (version: VersionID?, since: Date)? {
        try history(pipeline, limit: 1).first.map { ($0.version, $0.at) }
    }

    /// Promotion records, newest first.
    package func history(_ pipeline: PipelineName, limit: Int = 1000) throws -> [PromotionRecord] {
        try read { db in
            try GRDB.Row.fetchAll(
                db,
                sql: """
                    SELECT sequence, body FROM promotion WHERE \(Self.ownPromotions) ORDER BY sequence DESC LIMIT ?2
                    """, arguments: [pipeline.rawValue, limit]
            ).map { row in
                let body: String = row["body"]
                return try decodedPromotions.noun("\(row["sequence"] as Int)", body) {
                    try Self.noun(PromotionRecord.self, body)
                }
            }
        }
    }

    /// Appends a promotion and, where a run is promoted, moves the run on; one transaction, so that there is never one
    /// without the other.
    ///
    /// - Returns: the record; and where a run is promoted, that run as it now is, with what is to be done about it.
    package func promote(
        _ pipeline: PipelineName, to version: VersionID?, run: RunID?, kind: PromotionRecord.Kind, who: String,
        reason: String
    ) throws -> (record: PromotionRecord, change: RunChange?) {
        try write { db in
            let last = try Self.nouns(
                PromotionRecord.self, db,
                "SELECT body FROM promotion WHERE \(Self.ownPromotions) ORDER BY sequence DESC LIMIT 1",
                [pipeline.rawValue]
            ).first
            let sequence = (try Int.fetchOne(db, sql: "SELECT MAX(sequence) FROM promotion") ?? 0) + 1
            var record = PromotionRecord(
                sequence: sequence, pipeline: pipeline, version: version, previous: last?.version, run: run, kind: kind,
                who: who,
                reason: reason, at: Date(timeIntervalSince1970: Date().timeIntervalSince1970.rounded()),
                previousHash: last?.hash ?? Self.root,
                hash: "")
            record.hash = try Self.hash(record)
            try db.execute(
                sql: "INSERT INTO promotion (sequence, pipeline, version, hash, body) VALUES (?, ?, ?, ?, ?)",
                arguments: [sequence, pipeline.rawValue, version?.rawValue, record.hash, try Self.body(record)])
            let event = RunEvent.promoted(version, kind, who: who, reason: reason)
            return (record, try run.map { try Self.apply($0, event, db) })
        }
    }

    /// Recomputes every hash of a pipeline's chain.
    package func verify(_ pipeline: PipelineName) throws -> VerifyAnswer {
        let records = try history(pipeline, limit: Int.max).reversed()
        var previous = Self.root
        for record in records {
            guard record.previousHash == previous, try Self.hash(record) == record.hash else {
                return VerifyAnswer(records: records.count, intact: false, firstBroken: record.sequence)
            }
            previous = record.hash
        }
        return VerifyAnswer(records: records.count, intact: true)
    }

    static func hash(_ record: PromotionRecord) throws -> String {
        var content = record
        content.hash = ""
        return Digest.sha256(try ContractCoding.encode(content))
    }
}
