import Nouns

/// Questions and orders about runs.
package enum RunEndpoints {
    package static let list = Endpoint<NoSubject, RunQuery, NoBody, [Run]>(
        "runs.list", .get, "/v1/runs", "Lists runs, the newest first.", weight: .heavy)
    package static let show = Endpoint<RunID, NoQuery, NoBody, Run>(
        "runs.show", .get, "/v1/runs/{run}", "Shows one run with its verdict.")
    package static let events = Endpoint<RunID, NoticeQuery, NoBody, Lines<RunNotice>>(
        "runs.events", .get, "/v1/runs/{run}/events", "Tells the story of a run, one notice a line.")
    package static let report = Endpoint<RunID, NoQuery, NoBody, ReportData>(
        "runs.report", .get, "/v1/runs/{run}/report", "Gives everything that the report of a run shows.",
        weight: .heavy, choice: QueryChoice("format", "json", isDefault: true))
    package static let reportText = Endpoint<RunID, NoQuery, NoBody, PlainText>(
        "runs.reportText", .get, "/v1/runs/{run}/report",
        "Gives the report of a run as text.", weight: .heavy, choice: QueryChoice("format", "text"))
    package static let reportPage = Endpoint<RunID, NoQuery, NoBody, WebPage>(
        "runs.reportPage", .get, "/v1/runs/{run}/report",
        "Gives the report of a run as one page with plots.", weight: .heavy, choice: QueryChoice("format", "html"))
    package static let examples = Endpoint<RunID, ExampleQuery, NoBody, [ExampleComparison]>(
        "runs.examples", .get, "/v1/runs/{run}/examples",
        "Lists judged rows as the candidate and the model before it answered them.", weight: .heavy)
    package static let promote = Endpoint<RunID, NoQuery, PromoteRequest, PromotionRecord>(
        "runs.promote", .post, "/v1/runs/{run}/promote", "Serves the model of a judged run.", weight: .heavy,
        access: .ownPipeline)
    package static let pause = Endpoint<RunID, NoQuery, NoBody, Run>(
        "runs.pause", .post, "/v1/runs/{run}/pause",
        "Has a run's worker write a checkpoint and leave, and the run wait until it is resumed.", access: .own)
    package static let resume = Endpoint<RunID, NoQuery, NoBody, Run>(
        "runs.resume", .post, "/v1/runs/{run}/resume", "Has a paused run go on from its checkpoint.", access: .own)
    package static let cancel = Endpoint<RunID, NoQuery, NoBody, Run>(
        "runs.cancel", .post, "/v1/runs/{run}/cancel", "Stops a run for good.", access: .own)

    static let all = [
        list.description, show.description, events.description, report.description, reportText.description,
        reportPage.description, examples.description, promote.description, pause.description, resume.description,
        cancel.description,
    ]
}

/// Which runs are wanted.
package struct RunQuery: EndpointQuery {
    package var pipeline: PipelineName?
    package var state: RunState?
    package var limit = 50
    package init() {}
    package init(pipeline: PipelineName? = nil, state: RunState? = nil, limit: Int = 50) {
        self.pipeline = pipeline
        self.state = state
        self.limit = limit
    }
    package static let parameters: [QueryParameter<RunQuery>] = [
        QueryParameter("pipeline", \.pipeline, "Only runs of this pipeline."),
        QueryParameter("state", \.state, "Only runs in this state."),
        QueryParameter("limit", \.limit, in: 1...100_000, default: 50, "At most so many."),
    ]
}

/// Which notices of a run are wanted.
package struct NoticeQuery: EndpointQuery {
    package var follow = false
    package var from = 0
    package init() {}
    package init(follow: Bool = false, from: Int = 0) {
        self.follow = follow
        self.from = from
    }
    package static let parameters: [QueryParameter<NoticeQuery>] = [
        QueryParameter("follow", \.follow, "Goes on with the notices to come until the run is over."),
        QueryParameter("from", \.from, in: 0...Int.max, default: 0, "Begins with the notice of this index."),
    ]
}

/// Which judged rows are wanted.
package struct ExampleQuery: EndpointQuery {
    /// What is looked for among the rows; the highest loss comes first in each.
    package enum Order: String, QueryValue, CaseIterable {
        /// All rows of the gate set, or of the set that is named.
        case worst
        /// Rows of the gate set, or of the set that is named, that are answered wrongly; answers that were cut first.
        case wrong
        /// Rows of any set that were right before and are wrong now.
        case regressions
        /// Rows of any set that were wrong before and are right now.
        case fixes
    }
    package var set: String?
    package var order = Order.worst
    package var limit = 20
    package init() {}
    package init(set: String? = nil, order: Order = .worst, limit: Int = 20) {
        self.set = set
        self.order = order
        self.limit = limit
    }
    package static let parameters: [QueryParameter<ExampleQuery>] = [
        QueryParameter(
            "set", \.set,
            """
            Only rows of this set, such as gate or golden-must; where it is left out, worst shows the gate set and the \
            others show every set.
            """),
        QueryParameter(
            "order", \.order,
            """
            What is looked for: worst (the default) is the highest loss, regressions were right before and are wrong \
            now, fixes the other way round.
            """),
        QueryParameter("limit", \.limit, in: 1...100_000, default: 20, "At most so many."),
    ]
}
