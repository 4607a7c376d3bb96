import JSONDocument
import WeightFiles

/// LFM2 and LFM2.5 (Liquid AI 2025), dense: a short gated convolution in place of attention in most layers, norms over
/// heads in the others, and the norm after the last layer under the name of the embedding.
enum Lfm2: ModelFamily {
    static let name = "lfm2"
    static let modelTypes = ["lfm2"]
    static let modelClass = "Lfm2ForCausalLM"
    static let huggingFace = TensorLayout(
        root: "model.", embedding: "embed_tokens", finalNorm: "embedding_norm", head: "lm_head", blocks: "layers",
        projections: [
            .q: "self_attn.q_proj", .k: "self_attn.k_proj", .v: "self_attn.v_proj", .o: "self_attn.out_proj",
            .gate: "feed_forward.w1", .up: "feed_forward.w3", .down: "feed_forward.w2", .convIn: "conv.in_proj",
            .convOut: "conv.out_proj",
        ],
        norms: [
            (.attention, "operator_norm"), (.query, "self_attn.q_layernorm"), (.key, "self_attn.k_layernorm"),
            (.feedForward, "ffn_norm"),
        ], kernel: "conv.conv")
    static let gguf = TensorLayout.llamaCpp.with {
        $0.finalNorm = "token_embd_norm"
        $0.projections[.convIn] = "shortconv.in_proj"
        $0.projections[.convOut] = "shortconv.out_proj"
        $0.norms.insert(contentsOf: TensorLayout.llamaCppHeadNorms, at: 1)
        $0.kernel = "shortconv.conv"
    }

    static func declared(_ modelType: String) -> DeclaredKeys {
        var keys = DeclaredKeys.likeLlama.with([
            "num_key_value_heads": .read(absent: .integer(8)), "norm_eps": .read(absent: .number(1e-5)),
            "max_position_embeddings": .read(absent: .integer(128_000)),
            "tie_word_embeddings": .read(absent: .flag(true)), "tie_embedding": .only([.flag(true)]),
            "theta": .read(), "layer_types": .read(), "full_attn_idxs": .read(),
            "conv_L_cache": .read(absent: .integer(3)), "conv_bias": .only([.flag(false)]),
            // The inner width of feed-forward parts, as Llama 1 derived it.
            "intermediate_size": .read(absent: .integer(12_288)), "block_ff_dim": .read(),
            "block_auto_adjust_ff_dim": .read(absent: .flag(true)), "block_multiple_of": .read(absent: .integer(256)),
            "block_ffn_dim_multiplier": .read(absent: .integer(1)), "block_use_swiglu": .only([.flag(true)]),
            "use_pos_enc": .only([.flag(true)]),
            // Published folders write these beside the keys that count, and nothing reads them.
            "block_dim": .read(), "block_norm_eps": .read(), "conv_dim": .read(), "conv_dim_out": .read(),
            "num_heads": .read(),
        ])
        keys.rules["rms_norm_eps"] = nil
        // How training began.
        keys.harmlessPrefixes += ["block_mlp_init_", "block_out_init_", "block_use_xavier_", "conv_use_xavier_"]
        return keys
    }
    static var declaredMetadata: DeclaredKeys { .ggufLikeLlama.with(["shortconv.l_cache": .read()]) }

    static func shape(_ file: GGUFFile, vocabulary: Int, tied: Bool) throws -> ModelConfiguration {
        let source = try ShapeSource(file, Self.self)
        let key = "attention.head_count_kv"
        // To llama.cpp a layer without heads of keys is one that convolves.
        let heads = source[key]?.list?.map { $0.integer ?? -1 }
        let attending = Set(heads?.filter { $0 != 0 } ?? [])
        if heads != nil, attending.count > 1 || attending.contains(where: { $0 < 0 }) {
            throw ModelFailure(
                place: "\(file.path), \(architecture).\(key)",
                problem: "layers with different numbers of heads of keys are not computed by this engine",
                remedy: "Choose another base model.")
        }
        var c = try source.ggufShape(
            family, vocabulary: vocabulary, tied: tied, kvHeads: heads == nil ? nil : attending.first ?? 1)
        c.rope = try source.ggufRope()
        return try mixing(
            &c, heads?.map { $0 == 0 }, taps: source.count("shortconv.l_cache"), place: source.file,
            keys: (key, "shortconv.l_cache"))
    }

    static func shape(_ config: JSONNode, file: String, vocabulary: Int, tied: Bool) throws -> ModelConfiguration {
        let source = try ShapeSource(config, file: file, Self.self)
        let width = try source.count("hidden_size")
        let heads = try source.count("num_attention_heads", most: 4096)
        var c = try ModelConfiguration(
            family: family, layers: source.count("num_hidden_layers", most: 4096), width: width, heads: heads,
            kvHeads: source.count("num_key_value_heads"),
            headSize: source.count("head_dim", default: max(1, width / heads)), hidden: inner(source),
            vocabulary: vocabulary, context: source.count("max_position_embeddings"),
            epsilon: source.number("norm_eps"), tied: tied
        ).checked(file)
        let rope = try ModelConfiguration.Rope(source, base: source.value("theta") ?? 1_000_000)
        if let theta = source.value("theta"), Float(theta) != rope.base {
            throw ModelFailure(
                place: "\(file), theta", problem: "this is \(theta), and the rotary base beside it is \(rope.base)",
                remedy: "Correct config.json to what the model was trained with.")
        }
        c.rope = rope
        return try mixing(
            &c, convolutions(source, c.layers), taps: source.count("conv_L_cache"), place: file,
            keys: ("layer_types", "conv_L_cache"))
    }

    /// Which layers convolve; nil where none is said to.
    private static func convolutions(_ source: ShapeSource, _ layers: Int) throws -> [Bool]? {
        if let kinds = source["layer_types"] {
            let known = kinds.list?.compactMap { ["conv": true, "full_attention": false][$0.string ?? ""] } ?? []
            guard known.count == layers, kinds.list?.count == layers else {
                throw ModelFailure(
                    place: "\(source.file), layer_types",
                    problem: "this is no list of \(layers) times conv or full_attention, one for each layer",
                    remedy: "Choose another base model, or download this one again.")
            }
            return known
        }
        guard let listed = source["full_attn_idxs"] else { return nil }
        let attending = (listed.list ?? []).map { $0.integer ?? -1 }
        guard listed.list != nil, attending.allSatisfy({ (0..<layers).contains($0) }) else {
            throw ModelFailure(
                place: "\(source.file), full_attn_idxs", problem: "this is no list of layers from 0 to \(layers - 1)",
                remedy: "The file is damaged: download it again.")
        }
        return (0..<layers).map { !attending.contains($0) }
    }

    /// The inner width of feed-forward parts. Source: transformers `Lfm2MLP`.
    private static func inner(_ source: ShapeSource) throws -> Int {
        let given = try source.count(source["block_ff_dim"] == nil ? "intermediate_size" : "block_ff_dim")
        guard source["block_auto_adjust_ff_dim"] != .flag(false) else { return given }
        let adjusted = 2 * given / 3
        // Null is no factor, and then nothing is rounded up either.
        guard source["block_ffn_dim_multiplier"] != nil else { return max(1, adjusted) }
        let scaled = Double(try source.number("block_ffn_dim_multiplier")) * Double(adjusted)
        guard scaled <= Double(1 << 24) else {
            throw ModelFailure(
                place: "\(source.file), block_ffn_dim_multiplier",
                problem: "feed-forward parts of \(scaled) numbers are not computed by this engine",
                remedy: "The file is damaged: download it again.")
        }
        let multiple = try source.count("block_multiple_of")
        return max(1, (Int(scaled) + multiple - 1) / multiple * multiple)
    }

    private static func mixing(
        _ shape: inout ModelConfiguration, _ convolutions: [Bool]?, taps: Int, place: String,
        keys: (layers: String, taps: String)
    ) throws -> ModelConfiguration {
        guard (2...8).contains(taps) else {
            throw ModelFailure(
                place: "\(place), \(keys.taps)",
                problem: "convolutions over \(taps) tokens are not computed by this engine (2 to 8 are)",
                remedy: "Choose another base model.")
        }
        guard convolutions == nil || convolutions?.count == shape.layers else {
            throw ModelFailure(
                place: "\(place), \(keys.layers)",
                problem: "this is no list of \(shape.layers) numbers, one for each layer",
                remedy: "The file is damaged: download it again.")
        }
        shape.headNorms = true
        shape.convolutions = convolutions ?? []
        shape.taps = taps
        return shape
    }

    static func configKeys(_ c: ModelConfiguration, place: String) throws -> [String: Any] {
        var keys = try commonConfigKeys(c, place: place)
        for key in ["rms_norm_eps", "hidden_act", "attention_dropout"] { keys.removeValue(forKey: key) }
        keys["norm_eps"] = ConfigNumber.of(c.epsilon)
        keys["block_auto_adjust_ff_dim"] = false
        keys["conv_L_cache"] = c.taps
        keys["conv_bias"] = false
        keys["layer_types"] = (0..<c.layers).map { c.convolves($0) ? "conv" : "full_attention" }
        // Before transformers 5 the layers that attend stood here.
        keys["full_attn_idxs"] = (0..<c.layers).filter { !c.convolves($0) }
        return keys
    }

    static func ggufKeys(_ c: ModelConfiguration, place: String) throws -> [(String, GGUFWriter.Value)] {
        [("shortconv.l_cache", .uint32(UInt32(clamping: c.taps)))]
    }
}
