/// A request with everything decoded, as a handler gets it.
struct Call<Subject: Sendable, Query: Sendable, Body: Sendable>: Sendable {
    /// What the path names.
    let subject: Subject
    let query: Query
    let body: Body
    private let caller: Caller

    init(subject: Subject, query: Query, body: Body, caller: Caller) {
        self.subject = subject
        self.query = query
        self.body = body
        self.caller = caller
    }

    /// The user who asks, for the record.
    var who: String {
        get async { await caller.name() }
    }
}
