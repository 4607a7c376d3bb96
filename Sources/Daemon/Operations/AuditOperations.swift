import ControlProtocol
import Foundation
import Ledger
import Logging
import Nouns
import StageKit

/// The record of who changed what: in the ledger, and in the journal with `FINETUNED_USER`.
package struct AuditOperations: Sendable {
    let context: StageContext

    package init(_ context: StageContext) { self.context = context }

    /// Changes, the newest first.
    package func list(_ query: AuditQuery) throws -> [AuditRecord] {
        try context.ledger.audit(
            user: query.user, action: query.action, subject: query.subject,
            since: query.since > 0 ? Date(timeIntervalSince1970: Double(query.since)) : nil, limit: query.limit)
    }

    /// What is known of a request that is to change something.
    package func record(_ principal: Principal, _ endpoint: EndpointDescription, _ values: [String]) -> AuditRecord {
        AuditRecord(
            at: Date(), action: endpoint.name, subject: values.joined(separator: " "), who: principal.name,
            owner: principal.owner, uid: principal.user, pid: principal.process)
    }

    /// Puts a change on the record before it is made; returns its number. Where the ledger cannot be written, a change
    /// that can be made all the same (one that frees a full disk) has its place in the journal alone: nil then.
    package func begin(_ record: AuditRecord) -> Int? {
        do { return try context.ledger.begin(record) } catch {
            context.logger.warning(
                "A change by \(record.who) is in the journal alone: \(error)", metadata: ["event": "ledger.failed"])
            return nil
        }
    }

    /// Puts what became of a change on the record.
    ///
    /// - Parameters:
    ///   - names: what the values of the path are, as the path calls them.
    ///   - sequence: its number; nil where it has none.
    package func end(_ record: AuditRecord, _ sequence: Int?, naming names: [(name: String, value: String)]) {
        if let sequence {
            do { try context.ledger.end(audit: sequence, detail: record.detail, outcome: record.outcome) } catch {
                context.logger.warning(
                    "What became of change \(sequence) is in the journal alone: \(error)",
                    metadata: ["event": "ledger.failed"])
            }
        }
        tell(record, names)
    }

    /// Tells the journal of a change, or of one that was refused.
    package func tell(_ record: AuditRecord, _ names: [(name: String, value: String)]) {
        var metadata: Logger.Metadata = [
            "event": "change.asked", "user": "\(record.who)", "owner": "\(record.owner)",
            "action": "\(record.action)", "outcome": "\(record.outcome)",
        ]
        metadata["uid"] = record.uid.map { "\($0)" }
        metadata["pid"] = record.pid.map { "\($0)" }
        if !record.detail.isEmpty { metadata["detail"] = "\(record.detail)" }
        for (name, value) in names where ["pipeline", "run", "drop", "version"].contains(name) {
            metadata[name] = "\(value)"
        }
        let whom = record.pid.map { "\(record.who) (process \($0))" } ?? record.who
        let subject = record.subject.isEmpty ? "" : " of \(record.subject)"
        context.logger.notice("\(whom) asked for \(record.action)\(subject): \(record.outcome)", metadata: metadata)
    }
}
