import CKernels
import Tensors

/// Runs a model over packed tokens: forward, and backward into the gradients of an adapter or of the weights
/// themselves.
///
/// One instance owns the activations of one micro-batch at a time. Shapes in comments: T tokens, d width, f hidden, r
/// rank.
package final class Transformer {
    package private(set) var model: Model
    package let team: ThreadTeam
    let products: Products
    /// Added to every projection it covers; nil runs the weights alone.
    package let adapter: Adapter?
    /// The weights that are trained themselves; nil where an adapter is, or nothing.
    let weights: TrainableWeights?
    let activations: Activations
    var tables: (full: RotaryTable?, sliding: RotaryTable?)
    let attentionScratch: [FloatBuffer]
    let headScratch: FloatBuffer
    /// The randomness of the training step under way; nil runs without any.
    var noise: TrainingNoise?
    private(set) var noiseKeys: UnsafeMutablePointer<UInt64>?
    /// The token before each of the tree under way, for layers that convolve; empty for models without such layers.
    private(set) var previousTokens: [Int32] = []
    /// Where the states of the tree under way are kept, in the scratch of each thread, for layers that go by the gated
    /// delta rule.
    private(set) var deltaPlan = DeltaPlan()
    let deltaScratch: [FloatBuffer]
    /// Where the states go with which sequences end, by their last tokens; nil where nobody goes on from them.
    var stateSinks: (cache: KeyValueCache, sequences: [Int32: [Int]])?
    private var noiseKeyCount = 0
    let noiseScratch: [FloatBuffer]
    /// The adapters of the step under way, for ``step(_:)``.
    var stepping: StepAdapters?
    let stepScratch: FloatBuffer
    private let isTraining: Bool
    /// The layer below which nothing is trained, so nothing need be kept.
    let lowestTrained: Int
    /// Bytes that a micro-batch may take; one that would take more keeps the layers' inputs alone, and computes each
    /// layer once more in the backward pass. The numbers are the same.
    package var mostBytes = Int.max

    var configuration: ModelConfiguration { model.configuration }
    var rank: Int { adapter?.layout.rank ?? 0 }

    /// - Parameters:
    ///   - weights: what full fine-tuning trains; `model` is then their ``TrainableWeights/model()``.
    ///   - training: keep what the backward pass needs.
    package init(
        _ model: Model, adapter: Adapter? = nil, weights: TrainableWeights? = nil, team: ThreadTeam,
        training: Bool = false
    ) throws {
        self.model = model
        self.team = team
        self.adapter = adapter
        self.weights = weights
        let training = training || weights != nil
        isTraining = training
        products = try Products(team: team)
        let c = model.configuration
        lowestTrained =
            training ? min(c.layers, max(0, adapter?.layout.firstLayer ?? weights?.firstLayer ?? 0)) : c.layers
        let kept = c.layers - lowestTrained
        activations = try Activations(
            c, rank: adapter?.layout.rank ?? 0, slots: kept + (kept < c.layers ? 1 : 0), training: training)
        tables = (
            c.rope.map { RotaryTable($0, headSize: c.fullHeadSize ?? c.headSize) },
            c.slidingRope.map { RotaryTable($0, headSize: c.headSize) }
        )
        attentionScratch = try (0..<team.threads).map { _ in try FloatBuffer() }
        deltaScratch = try (0..<(c.delta == nil ? 0 : team.threads)).map { _ in try FloatBuffer() }
        headScratch = try FloatBuffer()
        stepScratch = try FloatBuffer()
        noiseScratch = try (0..<team.threads).map { _ in try FloatBuffer() }
    }

    deinit { noiseKeys?.deallocate() }

    /// Goes on with weights of the same shape.
    func replace(_ model: Model) { self.model = model }

    /// Sets the randomness of the next forward and backward pass over `tree`.
    func draw(_ noise: TrainingNoise?, _ tree: TokenTree) throws {
        self.noise = noise
        guard let noise else { return }
        let keys = noise.keys(tree)
        if keys.count > noiseKeyCount {
            noiseKeys?.deallocate()
            noiseKeys = .allocate(capacity: keys.count)
            noiseKeyCount = keys.count
        }
        noiseKeys?.update(from: keys, count: keys.count)
        let widest = max(configuration.width, configuration.widestHidden, configuration.mixedWidth)
        for scratch in noiseScratch {
            try scratch.reserve(max(Self.noiseRows * widest + rank * (widest + 16), keys.count * 96))
        }
    }

    /// Tokens that the dropped copy of an adapter's input holds at a time.
    static let noiseRows = 48

    /// Bytes of memory that each token of a micro-batch takes.
    package var bytesPerToken: Int { activations.bytesPerToken + stateBytesPerToken }

    /// The same where the layers' inputs alone are kept.
    package var frugalBytesPerToken: Int { activations.frugalBytesPerToken + stateBytesPerToken }

    private var stateBytesPerToken: Int {
        guard isTraining, let rule = configuration.delta else { return 0 }
        return DeltaPlan.bytesPerToken(rule, threads: team.threads)
    }

    /// The slot that keeps layer `layer`'s numbers; layers below the lowest trained one share the last slot.
    func slot(_ layer: Int) -> Activations.Slot {
        activations.slot(layer >= lowestTrained ? layer - lowestTrained : configuration.layers - lowestTrained)
    }

    /// Runs all layers; returns the last residual stream [T × d], valid until the next call.
    package func forward(_ tree: TokenTree) throws -> UnsafeMutablePointer<Float> { try forward(tree) { _, _ in } }

    /// The same, showing each layer's numbers to `afterLayer` before the next layer may take their place.
    func forward(_ tree: TokenTree, afterLayer: (_ layer: Int, Activations.Slot) -> Void) throws
        -> UnsafeMutablePointer<Float>
    {
        try prepare(tree)
        embed(tree.tokens, tree.positions, into: slot(0).input)
        for layer in 0..<configuration.layers {
            let kept = slot(layer)
            let output = layer + 1 < configuration.layers ? slot(layer + 1).input : activations.normed
            if layer == 0 {
                if let noise, noise.neftuneAlpha > 0 { addNoise(noise, tree, to: kept.input) }
                perLayerInputs(tree.tokens, kept.input)
            }
            mixForward(layer, tree, kept)
            feedForwardForward(layer, tokens: tree.tokens.count, kept, output: output)
            afterLayer(layer, kept)
        }
        return activations.normed
    }

    /// Adds the gradients of what is trained to `gradients` (laid out as its values), from the gradient of the last
    /// residual stream in
    /// ``Activations/dx``. The last call to ``forward(_:)`` must have been on the same tree.
    func backward(_ tree: TokenTree, into gradients: FloatBuffer) {
        clearShared(tokens: tree.tokens.count)
        for layer in stride(from: configuration.layers - 1, through: lowestTrained, by: -1) {
            let kept = slot(layer)
            if activations.isFrugal {
                mixForward(layer, tree, kept)
                feedForwardForward(layer, tokens: tree.tokens.count, kept, output: activations.dNormed)
            }
            feedForwardBackward(layer, tree, kept, gradients)
            let needsInput = layer > lowestTrained || weights?.embedding != nil
            if configuration.convolves(layer) {
                convolutionBackward(layer, tree, kept, gradients, needsInput: needsInput)
            } else if configuration.recurs(layer) {
                deltaBackward(layer, tree, kept, gradients, needsInput: needsInput)
            } else {
                attentionBackward(layer, tree, kept, gradients, needsInput: needsInput)
            }
        }
        embeddingGradients(tree, gradients)
    }

    /// A layer's attention, or what it has in its place, over a packed tree.
    private func mixForward(_ layer: Int, _ tree: TokenTree, _ kept: Activations.Slot) {
        if configuration.convolves(layer) {
            convolutionForward(layer, tokens: tree.tokens.count, kept) { convolve(layer, tree, kept) }
        } else if configuration.recurs(layer) {
            deltaForward(layer, tree, kept)
        } else {
            attentionForward(layer, tree.positions, kept) { attend(layer, tree, kept) }
        }
    }

    func prepare(_ tree: TokenTree) throws {
        let count = tree.tokens.count
        try activations.reserve(count, frugal: isTraining && count > mostBytes / max(1, bytesPerToken))
        tables.full?.reserve(tree.depth)
        tables.sliding?.reserve(tree.depth)
        if configuration.taps > 0 { previousTokens = tree.previous }
        if let rule = configuration.delta {
            deltaPlan = DeltaPlan(tree)
            for scratch in deltaScratch { try scratch.reserve(deltaPlan.scratch(rule, training: isTraining)) }
        }
        let widestHead = max(configuration.headSize, configuration.fullHeadSize ?? 0)
        let needed = tree.trees.reduce(0) {
            max(
                $0,
                Int(
                    ck_attention_scratch(
                        Int64($1.tokens.count), Int64($1.nodes.count), Int64($1.depth), Int64(widestHead))))
        }
        for scratch in attentionScratch { try scratch.reserve(needed) }
    }

    func copy(_ from: UnsafePointer<Float>, to: UnsafeMutablePointer<Float>, _ count: Int) {
        to.update(from: from, count: count)
    }

    /// Blocks of columns, each by one thread.
    func columns(_ count: Int, _ body: (Range<Int>) -> Void) {
        let width = 64
        team.run((count + width - 1) / width) { task, _ in body(task * width..<min(count, (task + 1) * width)) }
    }
}
