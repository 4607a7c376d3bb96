import Nouns

/// What became of a pipeline that has ended; its records stay.
package struct RetireAnswer: Codable, Hashable, Sendable {
    package var pipeline: PipelineName
    /// Runs and experiments that were not over.
    package var cancelled: [RunID]
    package var stopped: [ExperimentID]
    /// What it served until now.
    package var served: VersionID?
    /// Drops whose data is gone.
    package var erased: Int
    package var bytes: Int
    package init(
        pipeline: PipelineName, cancelled: [RunID] = [], stopped: [ExperimentID] = [], served: VersionID? = nil,
        erased: Int = 0, bytes: Int = 0
    ) {
        self.pipeline = pipeline
        self.cancelled = cancelled
        self.stopped = stopped
        self.served = served
        self.erased = erased
        self.bytes = bytes
    }
}
