import Foundation
import Nouns

/// Questions about who changed what.
package enum AuditEndpoints {
    package static let list = Endpoint<NoSubject, AuditQuery, NoBody, [AuditRecord]>(
        "audit.list", .get, "/v1/audit", "Lists who changed what, the newest first.", access: .administer)

    static let all = [list.description]
}

/// Which changes are meant.
package struct AuditQuery: EndpointQuery {
    package var user: String?
    package var action: String?
    package var subject: String?
    package var since = 0
    package var limit = 100
    package init() {}
    package init(
        user: String? = nil, action: String? = nil, subject: String? = nil, since: Int = 0, limit: Int = 100
    ) {
        self.user = user
        self.action = action
        self.subject = subject
        self.since = since
        self.limit = limit
    }
    package static let parameters: [QueryParameter<AuditQuery>] = [
        QueryParameter("user", \.user, "Only what somebody did: the name of a user or of a token, or a user's number."),
        QueryParameter("action", \.action, "Only a verb such as runs.promote, or all of a noun such as runs."),
        QueryParameter("subject", \.subject, "Only what concerned this: a run, a pipeline, a base and so on."),
        QueryParameter(
            "since", \.since, in: 0...4_102_444_800, default: 0,
            "Only what was asked at this time or later, in seconds since 1970."),
        QueryParameter("limit", \.limit, in: 1...10_000, default: 100, "At most so many."),
    ]
}
