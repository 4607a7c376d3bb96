import ControlProtocol

/// A request with everything decoded, as a handler gets it.
struct Call<Subject: Sendable, Query: Sendable, Body: Sendable>: Sendable {
    /// What the path names.
    let subject: Subject
    let query: Query
    let body: Body
    /// Who asks.
    let principal: Principal

    init(subject: Subject, query: Query, body: Body, principal: Principal) {
        self.subject = subject
        self.query = query
        self.body = body
        self.principal = principal
    }

    /// The name of who asks, for the record.
    var who: String { principal.name }
}
