import Nouns

/// Which feedback is wanted.
package struct FeedbackQuery: EndpointQuery {
    package var limit = 100
    package init(limit: Int = 100) { self.limit = limit }
    package init() {}
    package static let parameters: [QueryParameter<FeedbackQuery>] = [
        QueryParameter("limit", \.limit, in: 1...10_000, default: 100, "At most so many.")
    ]
}

/// What people say of answers.
package enum FeedbackEndpoints {
    package static let rate = Endpoint<NoSubject, NoQuery, FeedbackRequest, FeedbackEntry>(
        wire: "feedback.rate", .post, "/v1/feedback",
        "Rates a kept completion; a correction becomes a row of its pipeline.", weight: .heavy, access: .own)
    package static let list = Endpoint<PipelineName, FeedbackQuery, NoBody, [FeedbackEntry]>(
        "feedback.list", .get, "/v1/pipelines/{pipeline}/feedback",
        "Lists the ratings of one's kept completions of a pipeline, the newest first.", weight: .heavy, access: .use)

    static let all = [rate.description, list.description]
}
