extension DataSettings {
    /// The share of prompts that judge where the pipeline names none, once enough rows do.
    package static let usualGateShare = 0.1
    /// The same while few rows judge: a verdict on a handful of rows decides nothing.
    package static let firstGateShare = 0.25
    /// Gate rows from which on the usual share applies.
    package static let fewGateRows = 100

    /// The share of prompts that judge, in a pipeline with `rows` gate rows.
    package func gateShare(rows: Int) -> Double {
        gateShare ?? (rows < Self.fewGateRows ? Self.firstGateShare : Self.usualGateShare)
    }
}
