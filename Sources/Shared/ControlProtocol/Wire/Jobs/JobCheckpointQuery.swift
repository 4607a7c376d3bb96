import Nouns

/// Which checkpoints of a job are wanted.
package struct JobCheckpointQuery: EndpointQuery {
    package var after: String?
    package var limit = 10
    package init() {}
    package static let parameters: [QueryParameter<JobCheckpointQuery>] = [
        QueryParameter("after", \.after, "Begins behind the checkpoint with this identifier."),
        QueryParameter(
            "limit", \.limit, in: 1...Int.max, default: 10, "At most so many; a page has never more than 100."),
    ]
}
