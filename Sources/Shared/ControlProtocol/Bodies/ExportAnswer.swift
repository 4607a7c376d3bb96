import Nouns

/// An order to write a version for other programs.
package struct ExportRequest: Codable, Hashable, Sendable {
    /// A version, or a pipeline for what it serves.
    package var model: String
    /// An alias or a version of the pipeline that ``model`` names (nil: what it serves).
    package var version: String?
    package var format: ExportFormat
    package init(model: String, version: String? = nil, format: ExportFormat) {
        self.model = model
        self.version = version
        self.format = format
    }
}

/// How far an export is.
package struct ExportAnswer: Codable, Hashable, Sendable {
    package var version: VersionID
    package var pipeline: PipelineName
    package var base: BaseID
    /// The base's file or folder on the daemon's machine.
    package var basePath: String
    package var format: ExportFormat
    package var state: ExportProgress
    /// How many exports are made before it.
    package var ahead: Int
    /// What was written.
    package var record: ExportRecord?
    package var failure: Failure?

    package init(
        version: VersionID, pipeline: PipelineName, base: BaseID, basePath: String, format: ExportFormat,
        state: ExportProgress,
        ahead: Int = 0, record: ExportRecord? = nil, failure: Failure? = nil
    ) {
        self.version = version
        self.pipeline = pipeline
        self.base = base
        self.basePath = basePath
        self.format = format
        self.state = state
        self.ahead = ahead
        self.record = record
        self.failure = failure
    }
}
