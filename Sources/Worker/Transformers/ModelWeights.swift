import Tensors

/// A norm's parameters as floats.
package struct NormWeights: Sendable {
    package var weight: [Float]
    package var bias: [Float]?
    package init(weight: [Float], bias: [Float]? = nil) {
        self.weight = weight
        self.bias = bias
    }
}

/// The linear layers of a block, in the order in which goldens and adapters count them.
package enum Projection: Int, CaseIterable, Hashable, Sendable {
    case q, k, v, o, gate, up, down
    /// Into and out of a short convolution, in layers that have one in place of attention (LFM2).
    case convIn, convOut
    /// Of layers that go by the gated delta rule (Qwen 3.5): queries, keys and values; the gates of the output; each
    /// head's rate and decay; and out again.
    case deltaIn, deltaGate, deltaRate, deltaDecay, deltaOut
    /// From the stream to a layer's own input, and back (Gemma 4).
    case perLayerGate, perLayerOut

    /// Columns in which the low-rank products of most models' layers lie side by side; see
    /// ``ModelConfiguration/lowRankColumns``.
    static let columns = 7

    /// Its own among them. No layer mixes tokens in more than one way, so those of the ways share.
    package var column: Int {
        switch self {
        case .convIn, .deltaIn: Projection.q.rawValue
        case .deltaGate: Projection.k.rawValue
        case .deltaRate: Projection.v.rawValue
        case .convOut, .deltaOut: Projection.o.rawValue
        case .deltaDecay: Projection.columns
        case .perLayerGate, .perLayerOut: rawValue - Projection.perLayerGate.rawValue + Projection.columns
        default: rawValue
        }
    }

    /// The short name in recipes.
    package var name: String { String(describing: self) }
}

/// The norms of a block, those over heads included.
package enum BlockNorm: Int, CaseIterable, Hashable, Sendable {
    case attention, query, key, postAttention, feedForward, postFeedForward, postPerLayer
    /// Over each head of what the gated delta rule gives (Qwen 3.5).
    case mixed
}

/// The weights of one block.
package struct LayerWeights: Sendable {
    package var attentionNorm: NormWeights?
    package var queryNorm: NormWeights?
    package var keyNorm: NormWeights?
    package var postAttentionNorm: NormWeights?
    package var feedForwardNorm: NormWeights?
    package var postFeedForwardNorm: NormWeights?
    package var postPerLayerNorm: NormWeights?
    package var mixedNorm: NormWeights?
    /// By ``Projection``; nil where the layer has none.
    package var projections: [WeightMatrix?]
    /// The kernel of the layer's convolution; nil in layers that attend.
    package var kernel: ConvolutionKernel?
    /// What the layer gives on is multiplied by this, which is not trained (Gemma 4).
    package var scalar: Float = 1
    /// How the heads of a layer that goes by the gated delta rule forget; nil in others.
    package var decay: DeltaDecay?

    package subscript(_ projection: Projection) -> WeightMatrix? { projections[projection.rawValue] }

    /// A norm's weights; nil where the family has none there.
    package subscript(_ norm: BlockNorm) -> NormWeights? {
        get {
            switch norm {
            case .attention: attentionNorm
            case .query: queryNorm
            case .key: keyNorm
            case .postAttention: postAttentionNorm
            case .feedForward: feedForwardNorm
            case .postFeedForward: postFeedForwardNorm
            case .postPerLayer: postPerLayerNorm
            case .mixed: mixedNorm
            }
        }
        set {
            switch norm {
            case .attention: attentionNorm = newValue
            case .query: queryNorm = newValue
            case .key: keyNorm = newValue
            case .postAttention: postAttentionNorm = newValue
            case .feedForward: feedForwardNorm = newValue
            case .postFeedForward: postFeedForwardNorm = newValue
            case .postPerLayer: postPerLayerNorm = newValue
            case .mixed: mixedNorm = newValue
            }
        }
    }

    package init(attentionNorm: NormWeights? = nil, feedForwardNorm: NormWeights? = nil, projections: [WeightMatrix?]) {
        self.attentionNorm = attentionNorm
        self.feedForwardNorm = feedForwardNorm
        self.projections = projections
    }
}

/// What gives each layer an input of its own (Gemma 4): of each token, and of its embedding.
package struct PerLayerWeights: Sendable {
    /// [vocabulary × layers · width].
    package var embedding: WeightMatrix
    /// From the first residual stream: [layers · width × width of the model].
    package var projection: WeightMatrix
    /// Over each layer's part of what is projected.
    package var norm: NormWeights

    package init(embedding: WeightMatrix, projection: WeightMatrix, norm: NormWeights) {
        self.embedding = embedding
        self.projection = projection
        self.norm = norm
    }
}

/// A whole model's weights: mapped and still quantised, unless training owns them.
package struct ModelWeights: Sendable {
    package var embedding: WeightMatrix
    /// Learned positions [context × width] (GPT-2).
    package var positions: WeightMatrix?
    /// Inputs of each layer beside the stream, where the family has them.
    package var perLayer: PerLayerWeights?
    package var layers: [LayerWeights]
    package var finalNorm: NormWeights
    /// The output projection; the embedding itself where it is tied.
    package var head: WeightMatrix
    /// How many numbers the model has, and how many tensors of each storage type.
    package var parameters: Int
    package var quantisation: [String: Int]

    package init(
        embedding: WeightMatrix, positions: WeightMatrix? = nil, layers: [LayerWeights], finalNorm: NormWeights,
        head: WeightMatrix,
        parameters: Int, quantisation: [String: Int]
    ) {
        self.embedding = embedding
        self.positions = positions
        self.layers = layers
        self.finalNorm = finalNorm
        self.head = head
        self.parameters = parameters
        self.quantisation = quantisation
    }
}
