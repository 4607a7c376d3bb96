import Foundation

/// Where a version comes from that was trained by another daemon, and what it was judged to be there.
package struct ForeignOrigin: Codable, Hashable, Sendable {
    package var version: VersionID
    package var pipeline: PipelineName
    package var run: RunID
    /// The fingerprint of the machine that trained it.
    package var machine: String
    /// The version of the programs that trained it.
    package var code: String
    package var trainedAt: Date
    /// SHA-256 of the file that it came in.
    package var pack: String
    /// Who added it here.
    package var addedBy: String
    /// What the gates said there, in a sentence; they are asked again here.
    package var verdict: String?
    /// Its figures on the gate rows there.
    package var figures: [MetricKey: Double]
    /// The adapters below the last one, merged onto the base in order.
    package var frozen: [AdapterReference]

    package init(
        version: ModelVersion, pack: String, addedBy: String, verdict: String?, figures: [MetricKey: Double],
        frozen: [AdapterReference]
    ) {
        self.version = version.id
        pipeline = version.pipeline
        run = version.run
        machine = version.machine
        code = version.code
        trainedAt = version.createdAt
        self.pack = pack
        self.addedBy = addedBy
        self.verdict = verdict
        self.figures = figures
        self.frozen = frozen
    }
}
