import Tensors

/// What the forward pass keeps of each layer for the backward pass, and the scratch that both share; sized once, reused
/// for ever.
///
/// A micro-batch that would not fit keeps the layers' inputs alone: one slot is then filled anew for each layer, once
/// forward and once more before its backward pass (Chen et al. 2016).
final class Activations {
    /// Offsets (in floats a token) of one layer's kept numbers.
    struct Slot {
        var input: UnsafeMutablePointer<Float>
        /// Rotated queries and keys, and values, side by side, or a convolution's two gates around its inputs, or what
        /// the gated delta rule's projections give: ld = ``Activations/qkvWidth``.
        var qkv: UnsafeMutablePointer<Float>
        var attention: UnsafeMutablePointer<Float>
        var logSumExp: UnsafeMutablePointer<Float>
        var middle: UnsafeMutablePointer<Float>
        /// Gate and up side by side: ld = ``Activations/innerWidth``.
        var inner: UnsafeMutablePointer<Float>
        /// Scaled x·Aᵀ of each projection side by side: ld = ``ModelConfiguration/lowRankColumns`` · rank.
        var low: UnsafeMutablePointer<Float>
        /// Mean and 1/σ of both norms.
        var statistics: UnsafeMutablePointer<Float>
        /// Queries and keys before their norms, and 1/σ of each head.
        var rawHeads: UnsafeMutablePointer<Float>
        var headStatistics: UnsafeMutablePointer<Float>
        /// Attention's and feed-forward's outputs before their post-norms.
        var preAttentionPost: UnsafeMutablePointer<Float>
        var preFeedForwardPost: UnsafeMutablePointer<Float>
        /// Where layers have inputs of their own: what feed-forward gives on, the gate's and the layer's own input side
        /// by side, and what is added before its norm.
        var fed: UnsafeMutablePointer<Float>
        var perLayer: UnsafeMutablePointer<Float>
        var prePerLayerPost: UnsafeMutablePointer<Float>
    }

    let configuration: ModelConfiguration
    let rank: Int
    let slots: Int
    let qkvWidth: Int
    let innerWidth: Int
    /// Floats from token to token of the activated inner numbers and their gradient.
    let activatedWidth: Int
    private var keptBuffer: FloatBuffer
    private var scratchBuffer: FloatBuffer
    private var capacity = 0
    /// Tokens that the slots have room for while all layers' numbers are kept.
    private var keptCapacity = 0
    /// Whether the layers' inputs alone are kept.
    private(set) var isFrugal = false
    /// Tokens from one kept number's rows to the next one's.
    private var room = 0

    // Scratch shared by all layers.
    private(set) var normed: UnsafeMutablePointer<Float>
    private(set) var activated: UnsafeMutablePointer<Float>
    private(set) var dx: UnsafeMutablePointer<Float>
    private(set) var dNormed: UnsafeMutablePointer<Float>
    private(set) var dInner: UnsafeMutablePointer<Float>
    private(set) var dActivated: UnsafeMutablePointer<Float>
    private(set) var dAttention: UnsafeMutablePointer<Float>
    private(set) var dqkv: UnsafeMutablePointer<Float>
    private(set) var dKeys: UnsafeMutablePointer<Float>
    private(set) var dValues: UnsafeMutablePointer<Float>
    private(set) var dLow: UnsafeMutablePointer<Float>
    private(set) var dPost: UnsafeMutablePointer<Float>
    /// 1/σ of a post-norm.
    private(set) var postStatistics: UnsafeMutablePointer<Float>
    /// What dropout left of a branch, or of its gradient.
    private(set) var dropped: UnsafeMutablePointer<Float>
    /// Keys and values of the layers that others attend to, and their gradients, at ``sharedOffset(_:)``.
    private(set) var shared: UnsafeMutablePointer<Float>
    private(set) var dShared: UnsafeMutablePointer<Float>
    /// Every layer's own inputs [T × layers · width], and their gradients.
    private(set) var perLayer: UnsafeMutablePointer<Float>
    private(set) var dPerLayer: UnsafeMutablePointer<Float>
    /// What a layer's way of mixing makes of its inputs and does not keep, and the gradient of that: ``ownWidth``
    /// floats a token, all of one number before those of the next.
    private(set) var own: UnsafeMutablePointer<Float>
    private(set) var dOwn: UnsafeMutablePointer<Float>

    /// - Parameters:
    ///   - slots: layers whose numbers are kept, plus one where some are not.
    ///   - training: whether the gradients' scratch is needed.
    init(_ configuration: ModelConfiguration, rank: Int, slots: Int, training: Bool) throws {
        self.configuration = configuration
        self.rank = rank
        self.slots = slots
        self.training = training
        qkvWidth = configuration.mixingWidth
        // A line more than the numbers need: rows whole pages apart would all fall into the same sets of the caches.
        innerWidth =
            max(configuration.widestHidden * (configuration.gated ? 2 : 1), 2 * configuration.perLayerWidth) + 16
        activatedWidth = max(configuration.widestHidden, configuration.perLayerWidth) + 16
        keptBuffer = try FloatBuffer()
        scratchBuffer = try FloatBuffer()
        normed = scratchBuffer.pointer
        activated = normed
        dx = normed
        dNormed = normed
        dInner = normed
        dActivated = normed
        dAttention = normed
        dqkv = normed
        dKeys = normed
        dValues = normed
        dLow = normed
        dPost = normed
        postStatistics = normed
        dropped = normed
        shared = normed
        dShared = normed
        perLayer = normed
        dPerLayer = normed
        own = normed
        dOwn = normed
    }

    private let training: Bool

    /// Floats that one token takes in one slot.
    var slotWidth: Int {
        let c = configuration
        return c.width + qkvWidth + c.mixedWidth + c.heads + c.width + innerWidth + c.lowRankColumns * rank + 4
            + (c.headNorms ? rawWidth + rawHeads : 0) + (c.postNorms ? 2 * c.width : 0) + 2 * perLayerSlot
            + 2 * c.perLayerWidth
    }

    /// Columns of what heads were before their norms, and how many heads that are.
    private var rawWidth: Int { configuration.queryWidth + configuration.keyWidth * (configuration.valueNorms ? 2 : 1) }
    private var rawHeads: Int {
        let c = configuration
        return c.heads + max(c.kvHeads, c.fullKVHeads ?? 0) * (c.valueNorms ? 2 : 1)
    }
    private var perLayerSlot: Int { configuration.perLayerWidth > 0 ? configuration.width : 0 }
    /// Floats a token of keys and values that several layers attend to: of a layer of each kind.
    private var sharedWidth: Int { configuration.sharedLayers > 0 ? 4 * configuration.keyWidth : 0 }
    private var perLayerInputs: Int { configuration.layers * configuration.perLayerWidth }

    /// Where the keys and values of a shared layer's kind begin in ``shared``.
    func sharedOffset(_ layer: Int) -> Int { configuration.slides(layer) ? 0 : 2 * configuration.keyWidth * capacity }

    /// Floats a token of ``own``: pairs of queries and gates, or what the gated delta rule is given and its output once
    /// gated.
    var ownWidth: Int {
        let c = configuration
        let pairs = c.gatedQueries ? 2 * c.queryWidth : 0
        guard let delta = c.delta else { return pairs }
        return max(pairs, delta.mixedWidth + 2 * delta.valueHeads + 2 * delta.keyHeads + delta.valueWidth)
    }

    var scratchWidth: Int {
        let c = configuration
        let forward = c.width + activatedWidth + sharedWidth + perLayerInputs + ownWidth
        let backward =
            4 * c.width + innerWidth + activatedWidth + c.mixedWidth + qkvWidth + 2 * c.queryWidth
            + c.lowRankColumns * rank + 1 + sharedWidth + perLayerInputs + ownWidth
        return forward + (training ? backward : 0)
    }

    /// Bytes that one token of a micro-batch takes.
    var bytesPerToken: Int { (slotWidth * slots + scratchWidth) * MemoryLayout<Float>.stride }

    /// The same where the layers' inputs alone are kept.
    var frugalBytesPerToken: Int {
        (slotWidth + configuration.width * slots + scratchWidth) * MemoryLayout<Float>.stride
    }

    /// Makes room for `tokens`, of which every layer's numbers are kept, or its input alone.
    func reserve(_ tokens: Int, frugal: Bool = false) throws {
        isFrugal = frugal
        if frugal {
            room = tokens
            try keptBuffer.reserve((slotWidth + configuration.width * slots) * tokens)
        } else {
            keptCapacity = max(keptCapacity, tokens)
            room = keptCapacity
            try keptBuffer.reserve(slotWidth * slots * room)
        }
        guard tokens > capacity else { return }
        capacity = tokens
        try scratchBuffer.reserve(scratchWidth * tokens)
        var next = scratchBuffer.pointer
        func take(_ width: Int) -> UnsafeMutablePointer<Float> {
            defer { next += width * tokens }
            return next
        }
        let c = configuration
        normed = take(c.width)
        activated = take(activatedWidth)
        shared = take(sharedWidth)
        perLayer = take(perLayerInputs)
        own = take(ownWidth)
        guard training else { return }
        dx = take(c.width)
        dNormed = take(c.width)
        dPost = take(c.width)
        dropped = take(c.width)
        postStatistics = take(1)
        dInner = take(innerWidth)
        dActivated = take(activatedWidth)
        dAttention = take(c.mixedWidth)
        dqkv = take(qkvWidth)
        dKeys = take(c.queryWidth)
        dValues = take(c.queryWidth)
        dLow = take(c.lowRankColumns * rank)
        dShared = take(sharedWidth)
        dPerLayer = take(perLayerInputs)
        dOwn = take(ownWidth)
    }

    /// The numbers kept in slot `index`.
    func slot(_ index: Int) -> Slot {
        let c = configuration
        var next = keptBuffer.pointer + (isFrugal ? slots * c.width : index * slotWidth) * room
        func take(_ width: Int) -> UnsafeMutablePointer<Float> {
            defer { next += width * room }
            return next
        }
        let input = take(c.width)
        return Slot(
            input: isFrugal ? keptBuffer.pointer + index * c.width * room : input, qkv: take(qkvWidth),
            attention: take(c.mixedWidth), logSumExp: take(c.heads),
            middle: take(c.width),
            inner: take(innerWidth), low: take(c.lowRankColumns * rank), statistics: take(4),
            rawHeads: take(c.headNorms ? rawWidth : 0), headStatistics: take(c.headNorms ? rawHeads : 0),
            preAttentionPost: take(c.postNorms ? c.width : 0), preFeedForwardPost: take(c.postNorms ? c.width : 0),
            fed: take(perLayerSlot), perLayer: take(2 * c.perLayerWidth), prePerLayerPost: take(perLayerSlot))
    }
}
