import Nouns

/// Which events or checkpoints of a job are wanted.
package struct JobPageQuery: EndpointQuery {
    /// Most of a page.
    package static let most = 100

    package var after: String?
    package var limit = 20
    package init() {}
    package static let parameters: [QueryParameter<JobPageQuery>] = [
        QueryParameter("after", \.after, "Begins behind the one with this identifier."),
        QueryParameter(
            "limit", \.limit, in: 1...Int.max, default: 20, "At most so many; a page has never more than 100."),
    ]
}
