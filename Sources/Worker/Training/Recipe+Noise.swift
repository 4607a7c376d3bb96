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
}
