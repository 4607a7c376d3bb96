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

    /// Columns in which the low-rank products of a layer's projections lie side by side.
    package static let columns = 7

    /// Its own among them. No layer mixes tokens in more than one way, so those of the ways share.
    package var column: Int {
        switch self {
        case .convIn, .deltaIn: Projection.q.rawValue
        case .deltaGate: Projection.k.rawValue
        case .deltaRate: Projection.v.rawValue
        case .convOut, .deltaOut: Projection.o.rawValue
        case .deltaDecay: Projection.columns
        default: rawValue
        }
    }

    /// The short name in recipes.
    package var name: String { String(describing: self) }
}

/// The norms of a block, those over heads included.
package enum BlockNorm: Int, CaseIterable, Hashable, Sendable {
    case attention, query, key, postAttention, feedForward, postFeedForward
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
    package var mixedNorm: NormWeights?
    /// By ``Projection``; nil where the layer has none.
    package var projections: [WeightMatrix?]
    /// The kernel of the layer's convolution; nil in layers that attend.
    package var kernel: ConvolutionKernel?
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

/// A whole model's weights: mapped and still quantised, unless training owns them.
package struct ModelWeights: Sendable {
    package var embedding: WeightMatrix
    /// Learned positions [context × width] (GPT-2).
    package var positions: WeightMatrix?
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
