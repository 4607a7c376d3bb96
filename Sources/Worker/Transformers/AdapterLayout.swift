/// What a low-rank adapter covers (Hu et al. 2022): which projections of which layers, at what rank and scale.
package struct AdapterLayout: Hashable, Sendable {
    package var rank: Int
    /// Multiplies B·A: alpha / rank, or alpha / √rank with rsLoRA (Kalajdzievski 2023).
    package var scale: Float
    package var targets: [Projection]
    /// The lowest layer that has an adapter; all above it have one too.
    package var firstLayer: Int

    package init(rank: Int, scale: Float, targets: [Projection], firstLayer: Int = 0) {
        self.rank = rank
        self.scale = scale
        self.targets = targets
        self.firstLayer = firstLayer
    }

    /// Where one projection's factors lie in the flat parameters: A transposed [in × rank], then B [out × rank].
    package struct Place: Hashable, Sendable {
        package var layer: Int
        package var projection: Projection
        package var a: Int
        package var b: Int
        package var inner: Int
        package var outer: Int
    }
}
