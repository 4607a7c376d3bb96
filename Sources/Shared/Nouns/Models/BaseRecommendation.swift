/// One base as `ftctl base recommend` ranks it.
package struct BaseRecommendation: Codable, Hashable, Sendable {
    package var base: BaseID
    /// 1 is the best; nil where it cannot be used for this data.
    package var rank: Int?
    /// Bits per byte of the answers before any training; comparable across tokenizers.
    package var bitsPerByte: Double?
    /// Share of labels chosen rightly with a few worked examples.
    package var labelAccuracy: Double?
    /// Rows of the sample that do not fit the base's context.
    package var skippedShare: Double
    package var trainingMemoryBytes: Int
    /// Estimated seconds of one pass over the training rows on this machine.
    package var epochSeconds: Double?
    package var licence: String?
    /// Such as `llama, 135 M parameters`.
    package var architecture: String?
    /// Longest input in tokens.
    package var contextLength: Int?
    /// Tokens that it learns from in a second on this machine; measured once a base.
    package var tokensPerSecond: Double?
    /// Mean tokens of a row under its tokenizer.
    package var tokensPerRow: Double?
    /// Why it stands where it stands.
    package var reasons: [String]

    package init(
        base: BaseID, rank: Int? = nil, bitsPerByte: Double? = nil, labelAccuracy: Double? = nil,
        skippedShare: Double = 0,
        trainingMemoryBytes: Int = 0, epochSeconds: Double? = nil, licence: String? = nil, reasons: [String] = []
    ) {
        self.base = base
        self.rank = rank
        self.bitsPerByte = bitsPerByte
        self.labelAccuracy = labelAccuracy
        self.skippedShare = skippedShare
        self.trainingMemoryBytes = trainingMemoryBytes
        self.epochSeconds = epochSeconds
        self.licence = licence
        self.reasons = reasons
    }
}
