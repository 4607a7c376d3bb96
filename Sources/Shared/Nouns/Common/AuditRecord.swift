import Foundation

/// One change that somebody asked for: who, what of what, and what became of it.
package struct AuditRecord: Codable, Hashable, Sendable {
    /// What became of a change whose end is not on the record: it is under way, or the daemon ended before it did.
    package static let open = "open"
    /// What became of a change that was carried out.
    package static let done = "done"

    package var sequence: Int
    package var at: Date
    /// Noun and verb of the request, such as `runs.promote`.
    package var action: String
    /// What the request's path named, such as `r-000042`; empty where it named nothing.
    package var subject: String
    /// What else the request said, in words; empty where it said nothing.
    package var detail: String
    /// The user's name at that time, or the token's.
    package var who: String
    /// What his things are marked with: `uid:` and a number, `token:` and an identifier, or `loopback`.
    package var owner: String
    /// The user's number; nil where a token or the network says who it is.
    package var uid: UInt32?
    /// The process that asked; nil where it is on another machine.
    package var pid: Int32?
    /// `done`, `open`, or the code of the error that it was refused with.
    package var outcome: String

    package init(
        sequence: Int = 0, at: Date, action: String, subject: String, detail: String = "", who: String, owner: String,
        uid: UInt32? = nil, pid: Int32? = nil, outcome: String = AuditRecord.open
    ) {
        self.sequence = sequence
        self.at = at
        self.action = action
        self.subject = subject
        self.detail = detail
        self.who = who
        self.owner = owner
        self.uid = uid
        self.pid = pid
        self.outcome = outcome
    }
}
