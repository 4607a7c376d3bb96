/// Every hyperparameter of one fine-tuning run, fully resolved; stored with the run.
///
/// Defaults are sensible for LoRA on a few hundred to a few thousand rows. ``RecipeTable`` says what each value may be
/// and where its default comes from.
package struct Recipe: Codable, Hashable, Sendable {
    package enum Method: String, Codable, Hashable, Sendable, CaseIterable { case lora, full }
    package enum Schedule: String, Codable, Hashable, Sendable, CaseIterable { case constant, linear, cosine, wsd }

    package var method: Method = .lora
    /// Rank of the adapter.
    package var rank = 16
    /// The adapter's scale is alpha / rank (alpha / √rank with rsLoRA).
    package var alpha = 32.0
    package var rsLoRA = false
    /// Which linear layers get an adapter: any of `q`, `k`, `v`, `o`, `gate`, `up`, `down`.
    package var targets = Self.allTargets
    /// Train only the last N layers (nil: all).
    package var lastLayers: Int?
    /// Dropout on the adapter's input.
    package var adapterDropout = 0.0
    /// Dropout on residual and attention paths.
    package var dropout = 0.0
    /// LoRA+: the learning rate of B is this multiple of A's.
    package var loraPlusRatio = 1.0

    /// Peak learning rate; nil asks for a range test.
    package var learningRate: Double? = 5e-4
    package var schedule: Schedule = .cosine
    /// Share of all steps spent warming up.
    package var warmupRatio = 0.05
    /// The schedule ends at this share of the peak.
    package var minLearningRateRatio = 0.1
    /// Passes over the training rows; fractions allowed.
    package var epochs = 1.0
    /// Rows an optimizer step; micro-batches follow from the memory budget and never change the result.
    package var batchRows = 8
    /// Longest sequence in tokens (nil: whatever the base's context holds); longer rows are truncated or refused as the
    /// pipeline says.
    package var maxLength: Int?

    /// The chat template that rows are written with; nil for the base's own.
    package var template: RecipeTemplate?
    /// The day that a template prints which asks for today's (``TemplateDay``); nil for the day on which the run is
    /// queued, and 2025-01-01 where it was queued before there was such a value.
    package var templateDate: String?

    package var weightDecay = 0.01
    package var beta1 = 0.9
    package var beta2 = 0.999
    package var epsilon = 1e-8
    /// Largest global gradient norm (0: no clipping).
    package var clipNorm = 1.0
    package var labelSmoothing = 0.0
    /// NEFTune noise scale alpha (0: none).
    package var neftuneAlpha = 0.0
    /// L2 pull towards the starting weights (0: none).
    package var startDecay = 0.0

    /// What rows of two answers are trained with; nil in recipes from before such rows had a loss of their own.
    ///
    /// A recipe without it is written as it was then, so that the digests of older runs stay.
    package var preference: PreferenceRecipe? = PreferenceRecipe()

    /// Evaluate on validation every N steps (0: at each epoch's end).
    package var evaluateEverySteps = 0
    /// Stop after this many evaluations without improvement (nil: never).
    package var patience: Int?
    /// Write a checkpoint every N steps.
    package var checkpointEverySteps = 20
    package var seed: UInt64 = 17

    package init() {}

    /// The file of ``template``.
    package var templatePath: String? {
        get { template?.path }
        set { template = newValue.map { RecipeTemplate(path: $0) } }
    }

    /// The longest sequence on a base of this context, in tokens.
    package func longest(in context: Int) -> Int { min(maxLength ?? context, context) }
}
