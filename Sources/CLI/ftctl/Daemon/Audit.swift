import ArgumentParser
import ControlClient
import ControlProtocol
import Foundation
import Nouns
import Reports

struct Audit: Question {
    static let configuration = CommandConfiguration(
        abstract: "List who changed what, the newest first; for admins.",
        discussion: """
            Every change that somebody asked the daemon for: user, process, what, and what became of it. The journal \
            has the same with FINETUNED_USER, FINETUNED_UID and FINETUNED_PID.

            Example: ftctl audit --user alice --action runs --since 2026-11-01
            """)
    @OptionGroup var connection: Connection
    @OptionGroup var listing: Listing
    @Option(help: "Only what somebody did: the name of a user or of a token, or a user's number.") var user: String?
    @Option(help: "Only a verb such as runs.promote, or all of a noun such as runs.") var action: String?
    @Option(help: "Only what concerned this: a run, a pipeline, a base …") var subject: String?
    @Option(
        help: ArgumentHelp(
            "Only since this day (2026-11-01, here) or moment (2026-11-01T08:00:00Z).", valueName: "time"))
    var since: Moment?
    @Option(parsing: .unconditional, help: ArgumentHelp("At most so many.", valueName: "count")) var limit = RowLimit(
        100)

    func validate() throws { try listing.check(AuditRecord.self) }

    func ask(_ client: ControlClient) async throws -> [AuditRecord] {
        let seconds = since.map { max(0, Int($0.date.timeIntervalSince1970)) } ?? 0
        return try await client.send(
            .audit.list(
                AuditQuery(
                    user: user, action: action, subject: subject, since: seconds, limit: min(limit.count, 10_000))))
    }

    func document(_ records: [AuditRecord]) -> Document {
        .list(records, none: "Nobody has changed anything of that kind.", listing.view)
    }
}
