import Foundation

/// One format of one version as it was written for other programs.
package struct ExportRecord: Codable, Hashable, Sendable {
    package enum State: String, Codable, Hashable, Sendable { case done, failed }

    package var version: VersionID
    package var format: ExportFormat
    package var state: State
    /// The folder with the exported files.
    package var path: String
    package var files: [FileReference]
    /// How well the files agree with the model that was judged, as measured by loading them back.
    package var figures: [String: Double]
    package var failure: Failure?
    package var at: Date

    package init(
        version: VersionID, format: ExportFormat, state: State, path: String, files: [FileReference] = [],
        figures: [String: Double] = [:],
        failure: Failure? = nil, at: Date
    ) {
        self.version = version
        self.format = format
        self.state = state
        self.path = path
        self.files = files
        self.figures = figures
        self.failure = failure
        self.at = at
    }
}
