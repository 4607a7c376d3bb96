import Nouns
import Transformers

extension Recipe {
    /// The randomness of 0-based `step`, or nil where the recipe has none (prefixes are then shared between rows).
    func noise(step: Int) -> TrainingNoise? {
        guard adapterDropout > 0 || dropout > 0 || neftuneAlpha > 0 else { return nil }
        return TrainingNoise(
            adapterDropout: Float(adapterDropout), dropout: Float(dropout), neftuneAlpha: Float(neftuneAlpha),
            seed: seed, step: step)
    }

    /// Throws a Failure for rates that are no share, or a negative or endless alpha.
    func checkNoise() throws {
        for (key, rate) in [
            ("adapter_dropout", adapterDropout), ("dropout", dropout), ("label_smoothing", labelSmoothing),
        ] {
            guard rate >= 0, rate <= 0.95 else {
                throw Failure(
                    code: "recipe.\(key)", "\(rate) is not in 0…0.95.", at: "recipe.\(key)",
                    remedy: "Use 0 for none, or a rate such as 0.05.")
            }
        }
        guard neftuneAlpha >= 0, neftuneAlpha.isFinite else {
            throw Failure(
                code: "recipe.neftune_alpha", "\(neftuneAlpha) is no noise scale.", at: "recipe.neftune_alpha",
                remedy: "Use 0 for none, or 5.")
        }
    }
}
