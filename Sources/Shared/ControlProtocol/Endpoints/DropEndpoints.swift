import Nouns

/// Questions and orders about dropped files.
package enum DropEndpoints {
    package static let list = Endpoint<NoSubject, DropQuery, NoBody, [Drop]>(
        "drops.list", .get, "/v1/drops", "Lists dropped files, the newest first.", weight: .heavy)
    package static let report = Endpoint<DropID, NoQuery, NoBody, IntakeReport>(
        "drops.report", .get, "/v1/drops/{drop}/report",
        "Says what was read from a dropped file, and what is wrong with it.", weight: .heavy)
    package static let revoke = Endpoint<DropID, NoQuery, RevokeRequest, RevokeAnswer>(
        "drops.revoke", .post, "/v1/drops/{drop}/revoke",
        "Withdraws a drop's rows from everything that is trained from now on.", weight: .heavy, access: .own)

    package static let add = Endpoint<PipelineName, NoQuery, DropRequest, Drop>(
        "drops.add", .post, "/v1/pipelines/{pipeline}/drops",
        """
        Drops an uploaded file, with what is said of it: columns by their meaning, where it comes from. A pipeline of \
        the settings takes files of every user of the machine, and with a token of admins alone.
        """, weight: .heavy, access: .use)

    static let all = [list.description, report.description, revoke.description, add.description]
}

/// Which drops are wanted.
package struct DropQuery: EndpointQuery {
    package var pipeline: PipelineName?
    package var limit = 50
    package var imported: String?
    package init() {}
    package init(pipeline: PipelineName? = nil, limit: Int = 50, imported: String? = nil) {
        self.pipeline = pipeline
        self.limit = limit
        self.imported = imported
    }
    package static let parameters: [QueryParameter<DropQuery>] = [
        QueryParameter("pipeline", \.pipeline, "Only drops of this pipeline."),
        QueryParameter("limit", \.limit, in: 1...100_000, default: 50, "At most so many."),
        QueryParameter("imported", \.imported, "Only drops that the import of this name brought."),
    ]
}
