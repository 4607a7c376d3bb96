import Nouns

/// Fits the simplest alternatives to labelled rows and has them answer others: result ``WorkerResult/files``, first one
/// ``YardstickAnswer`` a row in `yardstick.jsonl`, then the base's states in `states.safetensors` where some were
/// computed; ``WorkerResult/figures`` `rows` and `states_rows` are what was learnt from.
package struct YardstickTask: Codable, Hashable, Sendable {
    /// The base, as the candidate's rows are written for it.
    package var model: ModelReference
    /// Rows to fit to; those without a class, and repeated ones, are passed over.
    package var train: [FileReference]
    /// Drops whose rows are passed over.
    package var withdrawn: [DropID]
    /// Rows to answer.
    package var asked: [FileReference]
    /// Answer only the first N of them (nil: all).
    package var limit: Int?
    /// The most training rows that the base's states are computed of (0: no states).
    package var statesRows: Int
    /// States that an earlier run computed.
    package var states: FileReference?
    /// Longest prompt in tokens; of a longer one its end is read.
    package var maxLength: Int
    package init(
        model: ModelReference, train: [FileReference], withdrawn: [DropID] = [], asked: [FileReference],
        limit: Int? = nil, statesRows: Int = 2000, states: FileReference? = nil, maxLength: Int
    ) {
        self.model = model
        self.train = train
        self.withdrawn = withdrawn
        self.asked = asked
        self.limit = limit
        self.statesRows = statesRows
        self.states = states
        self.maxLength = maxLength
    }
}
