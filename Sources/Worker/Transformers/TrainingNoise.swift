import CKernels

/// The randomness of one training step; every draw is a function of (seed, step, row, position, place), so that
/// resuming, the number of threads and the packing never change it.
///
/// Rows draw for themselves, so a stream that is trained with noise must not share prefixes.
package struct TrainingNoise: Sendable, Hashable {
    /// Dropout on the input of every adapter.
    package var adapterDropout: Float
    /// Dropout on what attention and feed-forward add to the residual stream, and on attention's probabilities.
    package var dropout: Float
    /// NEFTune's alpha: embeddings get uniform noise of ± alpha / √(length · width).
    package var neftuneAlpha: Float
    package var seed: UInt64
    package var step: Int
    /// The place in the step of the stream's first row.
    package var firstRow: Int

    package init(adapterDropout: Float, dropout: Float, neftuneAlpha: Float, seed: UInt64, step: Int, firstRow: Int = 0)
    {
        self.adapterDropout = adapterDropout
        self.dropout = dropout
        self.neftuneAlpha = neftuneAlpha
        self.seed = seed
        self.step = step
        self.firstRow = firstRow
    }

    /// What draws of one kind are told apart by.
    enum Stream {
        static func adapter(_ layer: Int, _ projection: Projection) -> UInt64 {
            // 8 and 9 are the residual branches'. No model has both layers' own inputs and the gated delta rule.
            let number = projection.rawValue
            let own = Projection.perLayerGate.rawValue
            return UInt64(layer * 16 + (number < 8 ? number : number < own ? number + 2 : number - own + 11))
        }
        static func attentionResidual(_ layer: Int) -> UInt64 { UInt64(layer * 16 + 8) }
        static func feedForwardResidual(_ layer: Int) -> UInt64 { UInt64(layer * 16 + 9) }
        static func head(_ layer: Int, _ head: Int) -> UInt64 { 1 << 32 | UInt64(layer << 12 + head) }
        static let embedding: UInt64 = 1 << 48
    }

    /// A key for each token of a stream without shared prefixes: from its row and position.
    func keys(_ tree: TokenTree) -> [UInt64] {
        let base = ck_mix(ck_mix(seed, 0x6E6F_6973_65), UInt64(step))
        var keys = [UInt64](repeating: 0, count: tree.tokens.count)
        for (index, row) in tree.trees.enumerated() {
            let key = ck_mix(base, UInt64(firstRow + index))
            for token in row.tokens { keys[token] = ck_mix(key, UInt64(tree.positions[token])) }
        }
        return keys
    }

    /// The largest noise on each token's embedding.
    func magnitudes(_ tree: TokenTree, width: Int) -> [Float] {
        var magnitudes = [Float](repeating: 0, count: tree.tokens.count)
        for row in tree.trees {
            let size = neftuneAlpha / Float(row.tokens.count * width).squareRoot()
            for token in row.tokens { magnitudes[token] = size }
        }
        return magnitudes
    }
}
