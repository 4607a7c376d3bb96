import Nouns

extension ControlRoute {
    /// GET → [``VersionSummary``], newest first.
    package static func versions(_ pipeline: String) -> String { "/v1/pipelines/\(pipeline)/versions" }
    /// GET → ``VersionSummary``; POST ``AnnotateRequest`` → ``VersionSummary``. The version may be named by an alias:
    /// `current`, `previous`, or a person's own.
    package static func version(_ pipeline: String, _ id: String) -> String {
        "/v1/pipelines/\(pipeline)/versions/\(id)"
    }
    /// POST ``AliasRequest`` → [``VersionSummary``].
    package static func aliases(_ pipeline: String) -> String { "/v1/pipelines/\(pipeline)/aliases" }
    /// GET `?pipeline=&a=&b=` → ``VersionComparison``.
    package static let compare = "/v1/compare"
    /// GET → ``GarbagePlan``: what could go; POST → ``GarbagePlan``: what went.
    package static let garbage = "/v1/garbage"
}
