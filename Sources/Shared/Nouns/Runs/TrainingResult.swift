/// The outcome of training.
package struct TrainingResult: Codable, Hashable, Sendable {
    package var adapter: AdapterReference
    package var steps: Int
    /// The steps that there would have been, where training ended because nothing was left to gain (``EnoughRule``).
    package var plannedSteps: Int?
    /// The step whose weights are in `adapter`: the best by validation where there is one, else the last.
    package var bestStep: Int
    package var finalLoss: Double
    package var validationLoss: Double?
    /// Validation loss before the first step.
    package var startValidationLoss: Double?
    /// The mean loss a labelled token of the validation rows at that step, chosen answers' among them, where pairs make
    /// `validationLoss` another thing.
    package var validationTokenLoss: Double?
    package var seconds: Double
    package var tokens: Int
    package var labelTokens: Int
    package var tokensPerSecond: Double
    package var peakMemoryBytes: Int
    /// True where it stopped at `pauseAtStep` and can be resumed.
    package var paused: Bool
    /// BLAS core type, kernel set, threads: what determinism depends on.
    package var machine: String
    /// The engine that the pipeline named; nil for the daemon's own worker. The daemon notes it, no engine does.
    package var engine: EngineRecord?
    package init(
        adapter: AdapterReference, steps: Int, bestStep: Int, finalLoss: Double, validationLoss: Double? = nil,
        startValidationLoss: Double? = nil, validationTokenLoss: Double? = nil,
        seconds: Double, tokens: Int, labelTokens: Int, tokensPerSecond: Double,
        peakMemoryBytes: Int, paused: Bool = false, machine: String
    ) {
        self.adapter = adapter
        self.steps = steps
        self.bestStep = bestStep
        self.finalLoss = finalLoss
        self.validationLoss = validationLoss
        self.startValidationLoss = startValidationLoss
        self.validationTokenLoss = validationTokenLoss
        self.seconds = seconds
        self.tokens = tokens
        self.labelTokens = labelTokens
        self.tokensPerSecond = tokensPerSecond
        self.peakMemoryBytes = peakMemoryBytes
        self.paused = paused
        self.machine = machine
    }
}
