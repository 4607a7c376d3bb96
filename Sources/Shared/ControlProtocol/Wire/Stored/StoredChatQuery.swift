/// Which kept completions are wanted.
package struct StoredChatQuery: EndpointQuery {
    /// By the time at which they were made.
    package enum Order: String, QueryValue, CaseIterable { case asc, desc }

    /// Most that a page has.
    package static let most = 100

    package var after: String?
    package var limit = 20
    package var order = Order.asc
    package var model: String?
    /// What their metadata must have.
    package var metadata: [String: String] = [:]
    package init() {}
    package static let parameters: [QueryParameter<StoredChatQuery>] = [
        QueryParameter("after", \.after, "Begins behind the completion with this identifier."),
        QueryParameter(
            "limit", \.limit, in: 1...Int.max, default: 20, "At most so many; a page has never more than 100."),
        QueryParameter("order", \.order, "By the time at which they were made: the oldest first (asc), or the newest."),
        QueryParameter("model", \.model, "Only those of the model with this name."),
    ]

    /// `metadata[KEY]=VALUE`.
    package mutating func take(_ name: String, _ value: String) -> Bool {
        guard name.hasPrefix("metadata["), name.hasSuffix("]") else { return false }
        metadata[String(name.dropFirst("metadata[".count).dropLast())] = value
        return true
    }
}

/// Which messages of a kept completion are wanted.
package struct StoredMessageQuery: EndpointQuery {
    package var after: String?
    package var limit = 20
    package var order = StoredChatQuery.Order.asc
    package init() {}
    package static let parameters: [QueryParameter<StoredMessageQuery>] = [
        QueryParameter("after", \.after, "Begins behind the message with this identifier."),
        QueryParameter(
            "limit", \.limit, in: 1...Int.max, default: 20, "At most so many; a page has never more than 100."),
        QueryParameter("order", \.order, "By their place in the conversation: the first first (asc), or the last."),
    ]
}
