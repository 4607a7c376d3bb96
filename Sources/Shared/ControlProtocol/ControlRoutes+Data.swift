import Nouns

extension ControlRoute {
    /// GET → ``DataListing``.
    package static func data(_ pipeline: String) -> String { "/v1/pipelines/\(pipeline)/data" }
    /// GET `?drop=` → ``DataReport`` of the dataset or of a drop; `?removed=1` → [``SetAsideRow``].
    package static func dataReport(_ pipeline: String) -> String { "/v1/pipelines/\(pipeline)/data/report" }
    /// GET `?id=` (a drop or a snapshot) → ``DataSubject``.
    package static let dataShow = "/v1/data/show"
    /// GET `?a=&b=` → ``SnapshotDifference``.
    package static let dataDiff = "/v1/data/diff"
    /// GET `?id=&split=` (a snapshot, or a pipeline's name for the dataset as it is now) → ``Row`` as JSON lines.
    package static let dataExport = "/v1/data/export"
    /// GET `?id=` (a row, drop, snapshot, run or version) → ``DataLineage``.
    package static let dataLineage = "/v1/data/lineage"
    /// POST ``RevokeRequest`` → ``RevokeAnswer``.
    package static func dropRevoke(_ id: String) -> String { "/v1/drops/\(id)/revoke" }
}
