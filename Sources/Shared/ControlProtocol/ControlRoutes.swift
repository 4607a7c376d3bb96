import Nouns

/// The paths of the control API on the daemon's Unix socket; shared by server, client and tests.
///
/// Bodies and answers are JSON with ISO 8601 dates; errors are `{"error": Failure}` with a 4xx or 5xx status.
package enum ControlRoute {
    /// GET → ``StatusAnswer``.
    package static let status = "/v1/status"
    /// GET → [``PipelineSummary``].
    package static let pipelines = "/v1/pipelines"
    /// GET → ``PipelineSummary``.
    package static func pipeline(_ name: String) -> String { "/v1/pipelines/\(name)" }
    /// POST ``RunRequest`` → ``Run``: queue a run now.
    package static func pipelineRuns(_ name: String) -> String { "/v1/pipelines/\(name)/runs" }
    /// POST ``GenerateRequest`` → ``GenerateAnswer``.
    package static func generate(_ name: String) -> String { "/v1/pipelines/\(name)/generate" }
    /// POST ``RollbackRequest`` → ``PromotionRecord``.
    package static func rollback(_ name: String) -> String { "/v1/pipelines/\(name)/rollback" }
    /// GET → [``PromotionRecord``]; `?at=DATE` answers what was served then; `?verify=1` → ``VerifyAnswer``.
    package static func history(_ name: String) -> String { "/v1/pipelines/\(name)/history" }
    /// GET `?pipeline=&state=&limit=` → [``Run``], newest first.
    package static let runs = "/v1/runs"
    /// GET → ``Run``.
    package static func run(_ id: String) -> String { "/v1/runs/\(id)" }
    /// GET `?follow=1&from=N` → ``RunNotice`` as JSON lines, from the N-th on, until the run is final when following.
    package static func runEvents(_ id: String) -> String { "/v1/runs/\(id)/events" }
    /// GET `?format=json|text|html` → the gate report.
    package static func runReport(_ id: String) -> String { "/v1/runs/\(id)/report" }
    /// GET `?set=&order=worst|regressions|fixes&limit=` → [``ExampleComparison``].
    package static func runExamples(_ id: String) -> String { "/v1/runs/\(id)/examples" }
    /// POST ``PromoteRequest`` → ``PromotionRecord``.
    package static func runPromote(_ id: String) -> String { "/v1/runs/\(id)/promote" }
    /// POST → ``Run``.
    package static func runCancel(_ id: String) -> String { "/v1/runs/\(id)/cancel" }
    /// GET `?pipeline=&limit=` → [``Drop``], newest first.
    package static let drops = "/v1/drops"
    /// GET → ``IntakeReport``.
    package static func dropReport(_ id: String) -> String { "/v1/drops/\(id)/report" }
    /// GET → [``BaseCard``]; POST ``AddBaseRequest`` → ``BaseCard``.
    package static let bases = "/v1/bases"
    /// GET → ``BaseCard``; DELETE.
    package static func base(_ id: String) -> String { "/v1/bases/\(id)" }
    /// POST → ``UploadAnswer``: opens an upload; PUT the files below it, then name it in ``AddBaseRequest``.
    package static let uploads = "/v1/uploads"
    /// PUT raw bytes of one file of an upload.
    package static func upload(_ id: String, file: String) -> String { "/v1/uploads/\(id)/\(file)" }
}
