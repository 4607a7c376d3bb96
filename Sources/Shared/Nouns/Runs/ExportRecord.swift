import Foundation

/// One format of one version as it was written for other programs.
package struct ExportRecord: Codable, Hashable, Sendable {
    package enum State: String, Codable, Hashable, Sendable { case done, failed }

    /// What the written files were scored on.
    package enum Check: String, Codable, Hashable, Sendable {
        /// Gate rows of the version's snapshot.
        case gate
        /// The base's probe, where no gate row is left.
        case probe
        /// Three texts of the worker, where there is neither.
        case texts
    }

    package var version: VersionID
    package var format: ExportFormat
    /// The format with its number type, where ``format`` leaves that to the base (nil: as ``format`` says).
    package var written: ExportFormat?
    package var state: State
    /// The folder with the exported files.
    package var path: String
    package var files: [FileReference]
    /// How well the files agree with the model that was judged, as measured by loading them back.
    package var figures: [String: Double]
    /// What that was measured on (nil: gate rows).
    package var check: Check?
    package var failure: Failure?
    /// Who asked for it (nil: it was delivered with its version).
    package var who: String?
    package var at: Date

    package init(
        version: VersionID, format: ExportFormat, written: ExportFormat? = nil, state: State, path: String,
        files: [FileReference] = [], figures: [String: Double] = [:], check: Check? = nil, failure: Failure? = nil,
        who: String? = nil, at: Date
    ) {
        self.version = version
        self.format = format
        self.written = written
        self.state = state
        self.path = path
        self.files = files
        self.figures = figures
        self.check = check
        self.failure = failure
        self.who = who
        self.at = at
    }
}
