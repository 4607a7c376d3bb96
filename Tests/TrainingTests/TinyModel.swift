import JSONDocument
import Tensors
import Testing
import Transformers

/// Small models of every family with random weights, for checks that need no file.
enum TinyModel {
    static let vocabulary = 61

    /// A model of three blocks of width 32, shaped by the family's own reader.
    static func make(_ family: ModelConfiguration.Family, seed: UInt64 = 5) throws -> Model {
        let config = try Array(json(family).utf8).withUnsafeBytes { try JSONReader.document($0) }
        let c = try family.facts.shape(config, file: "tiny", vocabulary: vocabulary, tied: true)
        var random = Source(seed: seed)
        let d = c.width
        func norm(_ count: Int) -> NormWeights {
            NormWeights(
                weight: random.values(count, around: 1, by: 0.3),
                bias: c.normalisation == .layer ? random.values(count, by: 0.2) : nil)
        }
        func matrix(_ out: Int, _ inner: Int, bias: Bool = false) throws -> WeightMatrix {
            let buffer = try FloatBuffer(out * inner)
            for (index, value) in random.values(out * inner, by: 1.5 / Float(inner).squareRoot()).enumerated() {
                buffer.pointer[index] = value
            }
            return WeightMatrix(buffer, offset: 0, out: out, in: inner, bias: bias ? random.values(out, by: 0.2) : nil)
        }
        let layers = try (0..<c.layers).map { index in
            let hasNormsBefore = family.facts.huggingFace.norms.contains { $0.0 == .attention }
            var layer = LayerWeights(
                attentionNorm: hasNormsBefore ? norm(d) : nil, feedForwardNorm: hasNormsBefore ? norm(d) : nil,
                projections: try Projection.allCases.map { projection in
                    guard c.has(projection, in: index), projection != .gate || c.gated else { return nil }
                    let (out, inner) = c.shape(projection, in: index)
                    return try matrix(out, inner, bias: family.facts.biased.contains(projection))
                })
            if c.convolves(index) {
                layer.kernel = ConvolutionKernel(stored: random.values(d * c.taps, by: 1), taps: c.taps)
            } else if c.recurs(index), let rule = c.delta {
                layer.kernel = ConvolutionKernel(stored: random.values(rule.mixedWidth * c.taps, by: 1), taps: c.taps)
                layer.decay = DeltaDecay(
                    rate: random.values(rule.valueHeads, by: 1), bias: random.values(rule.valueHeads, by: 1))
                layer.mixedNorm = norm(rule.valueSize)
            } else if c.headNorms {
                var query = norm(c.queryNormShape(index).size)
                // Where scores are not scaled, weights that were trained keep them small.
                let size = c.scoreScale == 1 ? 2 * Float(c.headSize(index)).squareRoot() : 1
                query.weight = query.weight.map { $0 / size }
                layer.queryNorm = query
                if c.has(.key, in: index) { layer.keyNorm = norm(c.keyNormShape(index).size) }
            }
            if c.postNorms { (layer.postAttentionNorm, layer.postFeedForwardNorm) = (norm(d), norm(d)) }
            if c.perLayerWidth > 0 { (layer.postPerLayerNorm, layer.scalar) = (norm(d), 0.8 + 0.1 * Float(index)) }
            return layer
        }
        let embedding = try matrix(vocabulary, d)
        var weights = ModelWeights(
            embedding: embedding, positions: c.rope == nil ? try matrix(c.context, d) : nil, layers: layers,
            finalNorm: norm(d), head: embedding, parameters: 0, quantisation: [:])
        if c.perLayerWidth > 0 {
            let width = c.layers * c.perLayerWidth
            weights.perLayer = PerLayerWeights(
                embedding: try matrix(vocabulary, width), projection: try matrix(width, d), norm: norm(c.perLayerWidth))
        }
        return Model(configuration: c, weights: weights)
    }

    private static func json(_ family: ModelConfiguration.Family) -> String {
        if family.name == "gpt2" {
            return #"{"n_embd": 32, "n_head": 4, "n_layer": 3, "n_inner": 48, "n_positions": 64}"#
        }
        // A window that sequences reach beyond, where one layer in three sees everything.
        let own =
            switch family.name {
            case "gemma3": #""sliding_window": 5, "sliding_window_pattern": 3, "rope_local_base_freq": 1000,"#
            case "granitemoehybrid":
                """
                "layer_types": ["attention", "attention", "attention"], "num_local_experts": 0,
                "shared_intermediate_size": 48, "position_embedding_type": "rope",
                """
            case "lfm2":
                #""layer_types": ["conv", "full_attention", "conv"], "block_auto_adjust_ff_dim": false,"#
            case "gemma4":
                """
                "layer_types": ["sliding_attention", "full_attention", "full_attention"], "num_kv_shared_layers": 1,
                "sliding_window": 5, "global_head_dim": 12, "hidden_size_per_layer_input": 6,
                "use_double_wide_mlp": true, "vocab_size_per_layer_input": \(vocabulary), "final_logit_softcapping": 20,
                """
            case "qwen3_5":
                """
                "layer_types": ["linear_attention", "full_attention", "linear_attention"], "linear_num_key_heads": 2,
                "linear_num_value_heads": 4, "linear_key_head_dim": 6, "linear_value_head_dim": 5,
                """
            default: ""
            }
        // What the gated delta rule gives of a first token is normalised, and hence steep where it is small: finite
        // differences would see no slope there.
        let epsilon = family.name == "qwen3_5" ? 0.1 : 1e-5
        let key = family.name == "lfm2" ? "norm_eps" : "rms_norm_eps"
        let base = family.name == "gemma4" ? "" : #", "rope_theta": 10000"#
        return """
            {\(own) "hidden_size": 32, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8,
             "num_hidden_layers": 3, "intermediate_size": 48, "max_position_embeddings": 64,
             "\(key)": \(epsilon)\(base)}
            """
    }

    /// The same of the family that most tests are content with.
    static func make() throws -> Model { try make(#require(ModelConfiguration.Family(architecture: "llama"))) }

    /// An adapter whose factors are all random, so that every gradient is alive.
    static func adapter(_ model: Model, rank: Int = 4, firstLayer: Int = 0) throws -> Adapter {
        let adapter = try Adapter(
            AdapterLayout(rank: rank, scale: 2, targets: Projection.allCases, firstLayer: firstLayer), for: model)
        var random = Source(seed: 77)
        for (index, value) in random.values(adapter.count, by: 0.2).enumerated() {
            adapter.values.pointer[index] = value
        }
        return adapter
    }

    /// Sequences that begin alike in twos and threes, with labels in their second half.
    static func sequences(_ count: Int, seed: UInt64 = 9) -> [TokenSequence] {
        var random = Source(seed: seed)
        let common = random.ids(11)
        return (0..<count).map { index in
            let ids = (index % 3 == 2 ? random.ids(4) : common) + random.ids(5 + index % 7)
            return TokenSequence(ids: ids, weights: ids.indices.map { $0 > ids.count / 2 ? 1 : 0 })
        }
    }

    struct Source {
        let random: TensorRandom
        var next: UInt64 = 0
        init(seed: UInt64) { random = TensorRandom(seed: seed, stream: 3) }

        mutating func values(_ count: Int, around centre: Float = 0, by size: Float) -> [Float] {
            (0..<count).map { _ in
                next += 1
                return centre + size * (2 * random.uniform(next) - 1)
            }
        }

        mutating func ids(_ count: Int) -> [Int32] {
            (0..<count).map { _ in
                next += 1
                return Int32(random.bits(next) % UInt64(TinyModel.vocabulary))
            }
        }
    }
}
