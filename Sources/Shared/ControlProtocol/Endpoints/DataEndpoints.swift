import Nouns

/// Questions about the rows of pipelines.
package enum DataEndpoints {
    package static let list = Endpoint<PipelineName, NoQuery, NoBody, DataListing>(
        "data.list", .get, "/v1/pipelines/{pipeline}/data",
        "Lists the drops and snapshots of a pipeline's dataset.", weight: .heavy)
    package static let report = Endpoint<PipelineName, DataReportQuery, NoBody, DataReport>(
        "data.report", .get, "/v1/pipelines/{pipeline}/data/report",
        "Reports the quality of the dataset, or of one drop.", weight: .heavy)
    package static let removed = Endpoint<PipelineName, SetAsideQuery, NoBody, [SetAsideRow]>(
        "data.removed", .get, "/v1/pipelines/{pipeline}/data/report",
        "Lists the rows that are kept out, and why.", weight: .heavy, choice: QueryChoice("removed", "1"))
    package static let show = Endpoint<NoSubject, DataSubjectQuery, NoBody, DataSubject>(
        "data.show", .get, "/v1/data/show", "Shows a drop, a snapshot or a row.", weight: .heavy)
    package static let difference = Endpoint<NoSubject, SnapshotPairQuery, NoBody, SnapshotDifference>(
        "data.difference", .get, "/v1/data/diff", "Says what two snapshots have not in common.", weight: .heavy)
    package static let export = Endpoint<NoSubject, DataExportQuery, NoBody, RowLines>(
        "data.export", .get, "/v1/data/export", "Gives the rows of a snapshot, or of a dataset as it is now.",
        weight: .heavy)
    package static let lineage = Endpoint<NoSubject, LineageQuery, NoBody, DataLineage>(
        "data.lineage", .get, "/v1/data/lineage", "Says where something came from and what became of it.",
        weight: .heavy)

    static let all = [
        list.description, report.description, removed.description, show.description, difference.description,
        export.description, lineage.description,
    ]
}

/// Whether the report is of one drop.
package struct DataReportQuery: EndpointQuery {
    package var drop: DropID?
    package init() {}
    package init(drop: DropID?) { self.drop = drop }
    package static let parameters: [QueryParameter<DataReportQuery>] = [
        QueryParameter("drop", \.drop, "Only this drop; the dataset as it is now where it is left out.")
    ]
}

/// Which rows that are kept out are wanted.
package struct SetAsideQuery: EndpointQuery {
    package var drop: DropID?
    package var limit = 1000
    package init() {}
    package init(drop: DropID? = nil, limit: Int = 1000) {
        self.drop = drop
        self.limit = limit
    }
    package static let parameters: [QueryParameter<SetAsideQuery>] = [
        QueryParameter("drop", \.drop, "Only rows of this drop."),
        QueryParameter("limit", \.limit, in: 1...1_000_000, default: 1000, "At most so many."),
    ]
}

/// Which drop or snapshot is wanted.
package struct DataSubjectQuery: EndpointQuery {
    package var id = ""
    package init() {}
    package init(id: String) { self.id = id }
    package static let parameters: [QueryParameter<DataSubjectQuery>] = [
        QueryParameter("id", \.id, isRequired: true, "A drop or a snapshot.")
    ]
}

/// Which two snapshots are compared.
package struct SnapshotPairQuery: EndpointQuery {
    package var a = ""
    package var b = ""
    package init() {}
    package init(a: String, b: String) {
        self.a = a
        self.b = b
    }
    package static let parameters: [QueryParameter<SnapshotPairQuery>] = [
        QueryParameter("a", \.a, isRequired: true, "A snapshot."),
        QueryParameter("b", \.b, isRequired: true, "Another snapshot."),
    ]
}

/// Which rows are wanted.
package struct DataExportQuery: EndpointQuery {
    package var id = ""
    package var split: Split?
    package init() {}
    package init(id: String, split: Split? = nil) {
        self.id = id
        self.split = split
    }
    package static let parameters: [QueryParameter<DataExportQuery>] = [
        QueryParameter("id", \.id, isRequired: true, "A snapshot, or a pipeline for its dataset as it is now."),
        QueryParameter("split", \.split, "Only rows of this side; all three where it is left out."),
    ]
}

/// Whose origin and use are wanted.
package struct LineageQuery: EndpointQuery {
    package var id = ""
    package init() {}
    package init(id: String) { self.id = id }
    package static let parameters: [QueryParameter<LineageQuery>] = [
        QueryParameter("id", \.id, isRequired: true, "A row, drop, snapshot, run or version.")
    ]
}
