/// What the simplest alternatives made of a run's gate rows, and what they were fitted to.
package struct YardstickRecord: Codable, Hashable, Sendable {
    /// Digest of the rows that they were fitted to and asked about, and of the base.
    package var inputs: String
    /// Training rows that they were fitted to.
    package var rows: Int
    /// Those of them that the base's states were computed of.
    package var statesRows: Int
    package var seconds: Double
    /// JSON lines of ``YardstickAnswer``; nil where there are none.
    package var answers: FileReference?
    /// The base's states by row, for the next run.
    package var states: FileReference?
    /// Why there are no answers.
    package var failure: Failure?

    package init(
        inputs: String, rows: Int = 0, statesRows: Int = 0, seconds: Double = 0, answers: FileReference? = nil,
        states: FileReference? = nil, failure: Failure? = nil
    ) {
        self.inputs = inputs
        self.rows = rows
        self.statesRows = statesRows
        self.seconds = seconds
        self.answers = answers
        self.states = states
        self.failure = failure
    }
}
