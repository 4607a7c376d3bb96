import Foundation

/// The last version of a pipeline that was shown to be better on one gate than that gate's anchor before it; for gates
/// beside that of the primary metric, which has the ``Anchor``.
package struct GateAnchor: Hashable, Sendable {
    package var pipeline: PipelineName
    package var gate: AnchoredGate
    package var version: VersionID
    /// Why it is the anchor, with the figures.
    package var reason: String
    package var at: Date

    package init(pipeline: PipelineName, gate: AnchoredGate, version: VersionID, reason: String, at: Date) {
        self.pipeline = pipeline
        self.gate = gate
        self.version = version
        self.reason = reason
        self.at = at
    }
}
