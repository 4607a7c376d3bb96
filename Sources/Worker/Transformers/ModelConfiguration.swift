/// The shape of one decoder-only transformer; the differences between families are values here, so one engine runs all
/// of them.
package struct ModelConfiguration: Hashable, Sendable {
    package enum Normalisation: Hashable, Sendable { case rms, layer }
    package enum Activation: Int32, Hashable, Sendable {
        case silu = 0
        case geluTanh = 1
    }

    package var family: Family
    package var layers: Int
    /// Numbers a token between layers.
    package var width: Int
    package var heads: Int
    package var kvHeads: Int
    package var headSize: Int
    /// Inner width of the feed-forward part.
    package var hidden: Int
    package var vocabulary: Int
    package var context: Int
    package var epsilon: Float
    package var normalisation: Normalisation = .rms
    package var activation: Activation = .silu
    /// SwiGLU and GeGLU have a gate; GPT-2 has none.
    package var gated = true
    /// A norm over each head of q and k (Qwen 3, Gemma 3).
    package var headNorms = false
    /// Those norms go over all heads at once (OLMo 2).
    package var wideHeadNorms = false
    /// Norms after attention and feed-forward, before the residual sum (Gemma 3, OLMo 2).
    package var postNorms = false
    /// Embeddings are multiplied by this (Gemma: √width).
    package var embeddingScale: Float = 1
    /// What attention and feed-forward add to the residual stream is multiplied by this (Granite).
    package var residualScale: Float = 1
    /// Logits are multiplied by this (Granite).
    package var logitScale: Float = 1
    /// Scores are multiplied by this (1/√headSize unless the family says otherwise).
    package var scoreScale: Float
    /// Logits are squashed to less than this by a hyperbolic tangent; 0 where they are left alone (Gemma 4).
    package var logitCap: Float = 0
    /// Queries beyond YaRN's original context would grow with their position by this (Ministral 3); contexts end
    /// before.
    package var queryGrowth: Float = 0
    /// Rotary bases; nil where positions are learned (GPT-2).
    package var rope: Rope? = Rope(base: 10_000)
    /// Base of the sliding layers where it differs (Gemma 3).
    package var slidingRope: Rope?
    /// Tokens that a sliding layer sees back (0: no layer slides).
    package var window = 0
    /// Which layers slide.
    package var slides: [Bool] = []
    /// Which layers rotate queries and keys; empty where all do (SmolLM3).
    package var rotations: [Bool] = []
    /// Which layers mix tokens by a short gated convolution in place of attention; empty where none does (LFM2).
    package var convolutions: [Bool] = []
    /// Tokens that such a convolution sees, the newest included.
    package var taps = 0
    /// Size of heads and number of key heads in the layers that do not slide, where they differ there (Gemma 4).
    package var fullHeadSize: Int?
    package var fullKVHeads: Int?
    /// In layers that do not slide, values are keys before their norm (Gemma 4).
    package var valuesAreKeys = false
    /// Each head of values is normalised, by no weight (Gemma 4).
    package var valueNorms = false
    /// The last layers, which attend to keys and values of the last layer of their kind before them (Gemma 4).
    package var sharedLayers = 0
    /// Inner width of those layers' feed-forward part, where it differs.
    package var sharedHidden: Int?
    /// Numbers a token and layer that each layer is given beside the stream; 0 for none (Gemma 4).
    package var perLayerWidth = 0
    /// Which layers mix tokens by the gated delta rule in place of attention; empty where none does (Qwen 3.5).
    package var recurrences: [Bool] = []
    /// The heads of such layers; nil where there are none.
    package var delta: DeltaRule?
    /// What attention adds up is gated: the projection of queries holds after each head's query its gate (Qwen 3.5).
    package var gatedQueries = false
    /// The linear layers that have a bias.
    package var biased: Set<Projection>
    /// The output projection is the embedding.
    package var tied: Bool

    /// Rotary position embedding (Su et al. 2021), and how its frequencies are scaled.
    package struct Rope: Hashable, Sendable {
        package enum Scaling: Hashable, Sendable {
            case none
            case linear(factor: Float)
            case llama3(factor: Float, lowFrequency: Float, highFrequency: Float, originalContext: Float)
            /// Divisors of each frequency, as GGUF stores Llama 3's scaling.
            case factors([Float])
            /// YaRN (Peng et al. 2023): low frequencies are divided by `factor`, high ones stay, those between are
            /// mixed.
            case yarn(factor: Float, betaFast: Float, betaSlow: Float, originalContext: Int)
            /// Only the first `angles` pairs of each head turn, by frequencies that are divided by `factor` (Gemma 4).
            case proportional(angles: Int, factor: Float)
            /// LongRoPE (Ding et al. 2024): divisors of each frequency, for texts up to the original context and for
            /// longer ones; contexts end with the original one.
            case long(short: [Float], long: [Float], originalContext: Int)
        }
        package var base: Float
        package var scaling: Scaling = .none
        /// How many numbers of each head are rotated; nil for all.
        package var rotated: Int?
        /// Cosines and sines are multiplied by this, and scores with them.
        package var attention: Float = 1
        package init(base: Float, scaling: Scaling = .none) {
            self.base = base
            self.scaling = scaling
        }
    }

    package init(
        family: Family, layers: Int, width: Int, heads: Int, kvHeads: Int, headSize: Int, hidden: Int, vocabulary: Int,
        context: Int,
        epsilon: Float, tied: Bool
    ) {
        self.family = family
        self.layers = layers
        self.width = width
        self.heads = heads
        self.kvHeads = kvHeads
        self.headSize = headSize
        self.hidden = hidden
        self.vocabulary = vocabulary
        self.context = context
        self.epsilon = epsilon
        self.tied = tied
        biased = family.facts.biased
        scoreScale = 1 / Float(headSize).squareRoot()
    }

    /// Whether layer `index` sees only ``window`` tokens back.
    package func slides(_ index: Int) -> Bool { window > 0 && index < slides.count && slides[index] }

    /// Whether layer `index` rotates queries and keys by their positions.
    package func rotates(_ index: Int) -> Bool { index >= rotations.count || rotations[index] }

    /// Whether layer `index` mixes tokens by a convolution in place of attention.
    package func convolves(_ index: Int) -> Bool { index < convolutions.count && convolutions[index] }

    /// Whether layer `index` mixes tokens by the gated delta rule in place of attention.
    package func recurs(_ index: Int) -> Bool { index < recurrences.count && recurrences[index] }

    /// Whether layer `index` attends.
    package func attends(_ index: Int) -> Bool { !convolves(index) && !recurs(index) }

    /// Whether layers of that kind have a linear layer; the feed-forward part's are everywhere.
    package func has(_ projection: Projection, in index: Int) -> Bool {
        switch projection {
        case .q, .o: attends(index)
        case .k: keeps(index)
        case .v: keeps(index) && !takesValuesOfKeys(index)
        case .convIn, .convOut: convolves(index)
        case .deltaIn, .deltaGate, .deltaRate, .deltaDecay, .deltaOut: recurs(index)
        case .gate, .up, .down: true
        case .perLayerGate, .perLayerOut: perLayerWidth > 0
        }
    }

    /// Whether layer `index` may have a norm: those over queries and keys go with attention.
    package func has(_ norm: BlockNorm, in index: Int) -> Bool {
        switch norm {
        case .query: attends(index)
        case .key: keeps(index)
        case .postPerLayer: perLayerWidth > 0
        case .mixed: recurs(index)
        default: true
        }
    }

    /// The rows and columns of a linear layer of layer `index`, biases aside.
    package func shape(_ projection: Projection, in index: Int) -> (out: Int, inner: Int) {
        let values = delta?.valueWidth ?? 0
        return switch projection {
        case .q: (gatedQueries ? 2 * queryWidth(index) : queryWidth(index), width)
        case .k, .v: (keyWidth(index), width)
        case .o: (width, queryWidth(index))
        case .gate, .up: (hidden(index), width)
        case .down: (width, hidden(index))
        case .convIn: (3 * width, width)
        case .convOut: (width, width)
        case .deltaIn: (delta?.mixedWidth ?? 0, width)
        case .deltaGate: (values, width)
        case .deltaRate, .deltaDecay: (delta?.valueHeads ?? 0, width)
        case .deltaOut: (width, values)
        case .perLayerGate: (perLayerWidth, width)
        case .perLayerOut: (width, perLayerWidth)
        }
    }

    /// Layers that attend.
    package var attentionLayers: Int { (0..<layers).count(where: attends) }

    /// Floats that a convolution needs of what came before: its products of the last tokens but one.
    package var stateWidth: Int { max(0, taps - 1) * width }

    /// Floats that layer `index` needs of all that came before it in a sequence, however much that is.
    package func stateWidth(in index: Int) -> Int {
        convolves(index) ? stateWidth : recurs(index) ? delta?.stateWidth(taps: taps) ?? 0 : 0
    }

    /// Channels of a layer's convolution.
    package var kernelWidth: Int { delta?.mixedWidth ?? width }

    /// Columns of queries, and of keys or values, in the widest layer.
    package var queryWidth: Int { heads * max(headSize, fullHeadSize ?? 0) }
    package var keyWidth: Int { max(kvHeads * headSize, (fullKVHeads ?? kvHeads) * (fullHeadSize ?? headSize)) }
    /// Columns of what a layer mixes, before its last projection.
    package var mixedWidth: Int {
        max(queryWidth, convolutions.contains(true) ? width : 0, delta?.valueWidth ?? 0)
    }
    /// Columns of what a layer mixes it from: queries, keys, values and gates, a convolution's three gates and inputs,
    /// or what the delta rule is given.
    package var mixingWidth: Int {
        max(
            queryWidth + 2 * keyWidth + (gatedQueries ? queryWidth : 0), convolutions.contains(true) ? 3 * width : 0,
            delta?.mixingWidth ?? 0)
    }
    /// Inner width of the widest feed-forward part.
    package var widestHidden: Int { max(hidden, sharedHidden ?? 0) }
    /// Columns in which the low-rank products of a layer's projections lie side by side.
    package var lowRankColumns: Int { Projection.columns + (perLayerWidth > 0 ? 2 : delta == nil ? 0 : 1) }
}

/// What differs from layer to layer.
extension ModelConfiguration {
    package func headSize(_ layer: Int) -> Int { slides(layer) ? headSize : fullHeadSize ?? headSize }
    package func kvHeads(_ layer: Int) -> Int { slides(layer) ? kvHeads : fullKVHeads ?? kvHeads }
    /// Columns of a layer's queries, and of its keys or values.
    package func queryWidth(_ layer: Int) -> Int { heads * headSize(layer) }
    package func keyWidth(_ layer: Int) -> Int { kvHeads(layer) * headSize(layer) }
    /// Inner width of a layer's feed-forward part.
    package func hidden(_ layer: Int) -> Int { shares(layer) ? sharedHidden ?? hidden : hidden }

    /// How a layer's norms over q and over k go: so many of so many numbers each.
    package func queryNormShape(_ layer: Int) -> (count: Int, size: Int) {
        wideHeadNorms ? (1, queryWidth(layer)) : (heads, headSize(layer))
    }
    package func keyNormShape(_ layer: Int) -> (count: Int, size: Int) {
        wideHeadNorms ? (1, keyWidth(layer)) : (kvHeads(layer), headSize(layer))
    }

    /// Whether layer `index` attends to an earlier layer's keys and values.
    package func shares(_ index: Int) -> Bool { index >= layers - sharedLayers }

    /// Whether layer `index` has keys and values of its own.
    package func keeps(_ index: Int) -> Bool { attends(index) && !shares(index) }

    /// The layer whose keys and values layer `index` attends to: its own, or those of the last layer of its kind that
    /// has any.
    package func source(_ index: Int) -> Int {
        guard shares(index) else { return index }
        return (0..<layers - sharedLayers).last { slides($0) == slides(index) } ?? index
    }

    /// Whether later layers attend to the keys and values of layer `index`.
    package func isShared(_ index: Int) -> Bool {
        sharedLayers > 0 && keeps(index) && (layers - sharedLayers..<layers).contains { source($0) == index }
    }

    /// Whether a layer's values are its keys before their norm.
    package func takesValuesOfKeys(_ index: Int) -> Bool { valuesAreKeys && !slides(index) }

    /// Floats of keys and values that a token takes in layer `index`.
    package func keptWidth(_ index: Int) -> Int { keeps(index) ? 2 * keyWidth(index) : 0 }
}
