import Foundation

/// The last version of a pipeline that was shown to be better than the one before it: what is served may not fall below
/// it by the margin, however many promotions lie between.
package struct Anchor: Hashable, Sendable {
    package var pipeline: PipelineName
    package var version: VersionID
    /// Why it is the anchor, with the figures.
    package var reason: String
    package var at: Date
    /// A served version that later rows speak against, to be taken back; nil where there is none.
    package var takenBack: VersionID?
    /// Why, with the figures.
    package var takenBackReason: String?

    /// Makes an anchor; nothing is to be taken back.
    package init(pipeline: PipelineName, version: VersionID, reason: String, at: Date) {
        self.pipeline = pipeline
        self.version = version
        self.reason = reason
        self.at = at
    }
}
