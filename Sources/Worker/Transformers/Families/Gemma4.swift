import JSONDocument
import WeightFiles

/// Gemma 4 (Google 2026), dense: Gemma 3 with heads of another size in full layers, values that are normalised too, an
/// input of its own for each layer (E2B, E4B), last layers that attend to the keys and values of earlier ones (E2B,
/// E4B), values that are the keys in full layers (31B), and squashed logits.
enum Gemma4: ModelFamily {
    static let name = "gemma4"
    static let modelTypes = ["gemma4_text"]
    static let modelClass = "Gemma4ForCausalLM"
    static let llamaCppSlides = true
    static let huggingFace = TensorLayout.transformers.with {
        $0.projections[.perLayerGate] = "per_layer_input_gate"
        $0.projections[.perLayerOut] = "per_layer_projection"
        $0.norms =
            [
                (.attention, "input_layernorm"), (.postAttention, "post_attention_layernorm"),
                (.feedForward, "pre_feedforward_layernorm"), (.postFeedForward, "post_feedforward_layernorm"),
                (.postPerLayer, "post_per_layer_input_norm"),
            ] + TensorLayout.transformersHeadNorms
        $0.perLayer = .init(
            embedding: "embed_tokens_per_layer", projection: "per_layer_model_projection",
            norm: "per_layer_projection_norm")
        $0.scalar = "layer_scalar"
    }
    static let gguf = TensorLayout.llamaCpp.with {
        $0.projections[.perLayerGate] = "inp_gate"
        $0.projections[.perLayerOut] = "proj"
        $0.norms =
            [(.attention, "attn_norm")] + TensorLayout.llamaCppHeadNorms + [
                (.postAttention, "post_attention_norm"), (.feedForward, "ffn_norm"),
                (.postFeedForward, "post_ffw_norm"), (.postPerLayer, "post_norm"),
            ]
        $0.perLayer = .init(
            embedding: "per_layer_token_embd", projection: "per_layer_model_proj", norm: "per_layer_proj_norm")
        $0.scalar = "layer_output_scale.weight"
    }

    static func declared(_ modelType: String) -> DeclaredKeys {
        .likeLlama.with([
            "num_attention_heads": .read(absent: .integer(8)), "num_key_value_heads": .read(absent: .integer(4)),
            "head_dim": .read(absent: .integer(256)), "max_position_embeddings": .read(absent: .integer(131_072)),
            "tie_word_embeddings": .read(absent: .flag(true)),
            "hidden_activation": .only([.text("gelu_pytorch_tanh"), .text("gelu_new"), .text("gelu_fast")]),
            // Gemma 4 does not read it; who writes it means the same.
            "hidden_act": .only([.text("gelu_pytorch_tanh")]), "attention_bias": .only([.flag(false)]),
            "sliding_window": .read(absent: .integer(512)), "layer_types": .read(),
            "final_logit_softcapping": .read(), "attn_logit_softcapping": .only([.null]),
            // Pictures see each other both ways; text does not.
            "use_bidirectional_attention": .only([.flag(false), .text("vision")]),
            "vocab_size_per_layer_input": .read(absent: .integer(262_144)),
            "hidden_size_per_layer_input": .read(absent: .integer(256)),
            "attention_k_eq_v": .read(absent: .flag(false)),
            "num_kv_shared_layers": .read(absent: .integer(0)), "use_double_wide_mlp": .read(absent: .flag(false)),
            // What differs in full layers, as it was written first and as transformers writes it since.
            "global_head_dim": .read(absent: .integer(512)), "num_global_key_value_heads": .read(),
            "per_layer_config": .read(),
            // Nothing reads the numbers of experts where there are none.
            "enable_moe_block": .only([.flag(false)]), "num_experts": .read(), "top_k_experts": .read(),
            "moe_intermediate_size": .read(), "expert_intermediate_size": .read(),
            // The family never had the older form of rotary positions, and transformers passes it over.
            "rope_theta": .only([.null]), "rope_scaling": .only([.null]), "partial_rotary_factor": .only([.null]),
        ])
    }
    static var declaredMetadata: DeclaredKeys {
        var keys = DeclaredKeys.ggufLikeLlama.with([
            "attention.sliding_window": .read(), "attention.sliding_window_pattern": .read(),
            "attention.shared_kv_layers": .read(absent: .integer(0)), "attention.key_length_swa": .read(),
            "attention.value_length_swa": .read(), "rope.dimension_count_swa": .read(), "rope.freq_base_swa": .read(),
            "rope.freq_base": .read(absent: .integer(1_000_000)), "final_logit_softcapping": .read(),
            "embedding_length_per_layer_input": .read(absent: .integer(0)),
            "expert_feed_forward_length": .only([.integer(0)]),
        ])
        keys.harmlessPrefixes = ["vision.", "audio.", "mm."]
        return keys
    }

    static func shape(_ config: JSONNode, file: String, vocabulary: Int, tied: Bool) throws -> ModelConfiguration {
        let source = try ShapeSource(config, file: file, Self.self)
        var c = try source.huggingFaceShape(family, vocabulary: vocabulary, tied: tied)
        var slides = try source.layerTypes(c.layers) ?? (0..<c.layers).map { ($0 + 1) % 6 != 0 }
        // As transformers has it, whatever the file says.
        slides[c.layers - 1] = false
        if slides.contains(true) { c.window = try source.count("sliding_window") }
        c.slides = slides
        if source["final_logit_softcapping"] != nil { c.logitCap = try source.number("final_logit_softcapping") }
        c.valuesAreKeys = source["attention_k_eq_v"] == .flag(true)
        try heads(&c, source)
        if source.value("num_kv_shared_layers") ?? 0 != 0 {
            c.sharedLayers = try source.count("num_kv_shared_layers")
            if source["use_double_wide_mlp"] == .flag(true) { c.sharedHidden = 2 * c.hidden }
        }
        if source.value("hidden_size_per_layer_input") ?? 0 != 0 {
            c.perLayerWidth = try source.count("hidden_size_per_layer_input")
            let rows = try source.count("vocab_size_per_layer_input")
            guard rows == vocabulary else {
                throw ModelFailure(
                    place: "\(file), vocab_size_per_layer_input",
                    problem: "this is \(rows), and the embedding has \(vocabulary) rows; only as many are computed",
                    remedy: "Save the model again with save_pretrained after resize_token_embeddings.")
            }
        }
        (c.rope, c.slidingRope) = try ropes(source, c)
        return try common(c, file, "num_kv_shared_layers")
    }

    /// The heads of full layers: of a size and number of their own.
    private static func heads(_ c: inout ModelConfiguration, _ source: ShapeSource) throws {
        guard let own = source["per_layer_config"] else {
            c.fullHeadSize = try source.count("global_head_dim")
            if c.valuesAreKeys, source["num_global_key_value_heads"] != nil {
                c.fullKVHeads = try source.count("num_global_key_value_heads")
            }
            return
        }
        func refused(_ problem: String) -> ModelFailure {
            ModelFailure(
                place: "\(source.file), per_layer_config", problem: problem, remedy: "Choose another base model.")
        }
        guard let layers = own.members else { throw refused("this is no object of layers") }
        var found = (0..<c.layers).map { _ in (size: c.headSize, kv: c.kvHeads) }
        for (key, value) in layers.sorted(by: { $0.key < $1.key }) {
            guard let layer = Int(key), found.indices.contains(layer), let members = value.members else {
                throw refused("'\(key)' is none of the layers 0 to \(c.layers - 1)")
            }
            try DeclaredKeys(["head_dim": .read(), "num_key_value_heads": .read(), "skip": .only([.list([])])]).check(
                members, file: "\(source.file), per_layer_config.\(key)", of: "layers of models of type gemma4_text")
            for (name, most) in [("head_dim", 1024), ("num_key_value_heads", 4096)] {
                guard let number = members[name] else { continue }
                guard let count = number.integer, count >= 1, count <= most else {
                    throw refused("\(DeclaredKeys.text(number)) is no \(name) of layer \(layer)")
                }
                if name == "head_dim" { found[layer].size = Int(count) } else { found[layer].kv = Int(count) }
            }
        }
        let full = found[c.layers - 1]
        let expected = (0..<c.layers).map { c.slides($0) ? (size: c.headSize, kv: c.kvHeads) : full }
        guard zip(found, expected).allSatisfy({ $0 == $1 }) else {
            throw refused("layers of one kind with different heads are not computed by this engine")
        }
        c.fullHeadSize = full.size
        c.fullKVHeads = full.kv == c.kvHeads ? nil : full.kv
    }

    /// The rotary positions of full and of sliding layers.
    private static func ropes(_ source: ShapeSource, _ c: ModelConfiguration) throws -> (
        ModelConfiguration.Rope, ModelConfiguration.Rope
    ) {
        let place = "\(source.file), rope_parameters"
        let size = c.fullHeadSize ?? c.headSize
        guard let given = source["rope_parameters"] else {
            return (
                .init(base: 1_000_000, scaling: .proportional(angles: size / 8, factor: 1)), .init(base: 10_000)
            )
        }
        try DeclaredKeys(["full_attention": .read(), "sliding_attention": .read()]).check(
            given.members ?? [:], file: place, of: "models of type gemma4_text")
        for (kind, isUsed) in [("full_attention", true), ("sliding_attention", c.slides.contains(true))]
        where isUsed && given[kind]?.members == nil {
            throw ModelFailure(
                place: "\(place).\(kind)", problem: "this object is missing", remedy: "Download the model again.")
        }
        let sliding = try ModelConfiguration.Rope(
            given["sliding_attention"], place: place + ".sliding_attention", base: 10_000)
        let full = given["full_attention"]
        var members = full?.members ?? [:]
        guard (full?["rope_type"] ?? full?["type"])?.string == "proportional" else {
            var plain = try ModelConfiguration.Rope(full, place: place + ".full_attention", base: 10_000)
            switch plain.scaling {
            case .none: plain.scaling = .proportional(angles: size / 2, factor: 1)
            case .linear(let factor): plain.scaling = .proportional(angles: size / 2, factor: factor)
            default:
                throw ModelFailure(
                    place: place + ".full_attention, rope_type",
                    problem: "'\(full?["rope_type"]?.string ?? "")' is not computed by this engine for full layers",
                    remedy: "Choose another base model.")
            }
            return (plain, sliding)
        }
        let share = members.removeValue(forKey: "partial_rotary_factor")?.double ?? 1
        let factor = members.removeValue(forKey: "factor")?.double ?? 1
        members["rope_type"] = .text("default")
        members["type"] = nil
        var rope = try ModelConfiguration.Rope(.object(members), place: place + ".full_attention", base: 10_000)
        guard share.isFinite, share > 0, share <= 1, factor.isFinite, factor > 0 else {
            throw ModelFailure(
                place: place + ".full_attention, partial_rotary_factor",
                problem: "a share of \(share) and a factor of \(factor) are no rotary positions",
                remedy: "The file is damaged: download it again.")
        }
        rope.scaling = .proportional(angles: Int(share * Double(size) / 2), factor: Float(factor))
        return (rope, sliding)
    }

    static func shape(_ file: GGUFFile, vocabulary: Int, tied: Bool) throws -> ModelConfiguration {
        let source = try ShapeSource(file, Self.self)
        let place = "\(file.path), \(architecture)"
        let layers = try source.count("block_count", most: 4096)
        guard let pattern = source["attention.sliding_window_pattern"]?.list, pattern.count == layers else {
            throw ModelFailure(
                place: "\(place).attention.sliding_window_pattern", problem: "this is no list of \(layers) layers",
                remedy: "Convert or download the model again.")
        }
        let slides = pattern.map { $0.bool ?? ($0.integer != 0) }
        let sharing = source.value("attention.shared_kv_layers") ?? 0
        let shared = sharing == 0 ? 0 : try source.count("attention.shared_kv_layers", most: layers)
        /// What a key says of two kinds of layers, of which the second may have none.
        func kinds(_ key: String, _ second: [Bool]) throws -> (Int, Int) {
            guard let list = source[key]?.list else { return (try source.count(key), try source.count(key)) }
            let numbers = list.compactMap { $0.integer.flatMap { $0 >= 1 && $0 <= 1 << 24 ? Int($0) : nil } }
            let sorted = [false, true].map { kind in
                Set(zip(numbers, second).filter { $0.1 == kind }.map(\.0))
            }
            guard numbers.count == layers, list.count == layers, sorted.allSatisfy({ $0.count <= 1 }),
                let any = numbers.first
            else {
                throw ModelFailure(
                    place: "\(place).\(key)", problem: "layers of one kind that differ are not computed by this engine",
                    remedy: "Choose another base model.")
            }
            return (sorted[0].first ?? any, sorted[1].first ?? any)
        }
        let (hidden, wide) = try kinds("feed_forward_length", (0..<layers).map { $0 >= layers - shared })
        let (kv, fullKV) = try kinds("attention.head_count_kv", slides.map { !$0 })
        var c = try source.ggufShape(family, vocabulary: vocabulary, tied: tied, kvHeads: kv, hidden: hidden)
        c.fullHeadSize = c.headSize
        c.headSize = try source.count("attention.key_length_swa", most: 1024)
        for key in ["attention.value_length_swa", "rope.dimension_count_swa"] {
            guard let size = source.value(key), size != Double(c.headSize) else { continue }
            throw ModelFailure(
                place: "\(place).\(key)",
                problem: "\(size) is not computed by this engine (only the size of a head, \(c.headSize), is)",
                remedy: "Choose another base model.")
        }
        c.fullKVHeads = fullKV == kv ? nil : fullKV
        c.slides = slides
        if slides.contains(true) { c.window = try source.count("attention.sliding_window") }
        c.sharedLayers = shared
        c.sharedHidden = shared > 0 && wide != hidden ? wide : nil
        if source.value("final_logit_softcapping") ?? 0 != 0 {
            c.logitCap = try source.number("final_logit_softcapping")
        }
        if source.value("embedding_length_per_layer_input") ?? 0 != 0 {
            c.perLayerWidth = try source.count("embedding_length_per_layer_input")
        }
        c.valuesAreKeys = (0..<layers).contains {
            !slides[$0] && $0 < layers - shared && file.tensors["blk.\($0).attn_v.weight"] == nil
        }
        var rope = try source.ggufRope()
        rope.scaling = try scaling(file, size: c.fullHeadSize ?? c.headSize, of: rope)
        c.rope = rope
        c.slidingRope = .init(base: try source.number("rope.freq_base_swa"))
        return try common(c, file.path, "\(architecture).attention.shared_kv_layers")
    }

    /// How the frequencies of full layers are divided: those that do not turn by a number without end.
    private static func scaling(_ file: GGUFFile, size: Int, of rope: ModelConfiguration.Rope) throws
        -> ModelConfiguration.Rope.Scaling
    {
        let name = "rope_freqs.weight"
        let divisors = file.tensors[name]?.floats() ?? []
        let turning = divisors.prefix { $0 < 1e20 }
        guard rope.scaling == .none, divisors.count == size / 2, let factor = turning.first, factor > 0,
            turning.allSatisfy({ $0 == factor }), divisors[turning.count...].allSatisfy({ $0 >= 1e20 })
        else {
            throw ModelFailure(
                place: "\(file.path), \(name)",
                problem: "these are not the \(size / 2) divisors of frequencies that the family has",
                remedy: "Convert the model again with a current llama.cpp.")
        }
        return .proportional(angles: turning.count, factor: factor)
    }

    private static func common(_ shape: ModelConfiguration, _ file: String, _ key: String) throws -> ModelConfiguration
    {
        var c = shape
        c.activation = .geluTanh
        c.headNorms = true
        c.valueNorms = true
        c.postNorms = true
        c.scoreScale = 1
        c.embeddingScale = Float(c.width).squareRoot()
        let kept = c.slides.prefix(max(0, c.layers - c.sharedLayers))
        guard c.sharedLayers == 0 || Set(kept) == Set(c.slides) else {
            throw ModelFailure(
                place: "\(file), \(key)",
                problem: "the last \(c.sharedLayers) layers have no earlier one of their kind to attend to",
                remedy: "The file is damaged: download it again.")
        }
        var full = c
        (full.headSize, full.kvHeads) = (c.fullHeadSize ?? c.headSize, c.fullKVHeads ?? c.kvHeads)
        _ = try full.checked(file)
        return try c.checked(file)
    }
}

/// What is written for others.
extension Gemma4 {
    static func configKeys(_ c: ModelConfiguration, place: String) throws -> [String: Any] {
        var keys = try commonConfigKeys(c, place: place)
        for key in ["hidden_act", "rope_theta", "rope_scaling"] { keys.removeValue(forKey: key) }
        keys["hidden_activation"] = "gelu_pytorch_tanh"
        keys["layer_types"] = (0..<c.layers).map { c.slides($0) ? "sliding_attention" : "full_attention" }
        if c.window > 0 { keys["sliding_window"] = c.window }
        keys["global_head_dim"] = c.fullHeadSize ?? c.headSize
        keys["attention_k_eq_v"] = c.valuesAreKeys
        if let heads = c.fullKVHeads {
            keys["num_global_key_value_heads"] = heads
            // Only beside values that are keys does transformers read the number above.
            let full = (0..<c.layers).filter { !c.slides($0) }.map { layer in
                (String(layer), ["head_dim": c.headSize(layer), "num_key_value_heads": heads])
            }
            if !c.valuesAreKeys { keys["per_layer_config"] = Dictionary(full) { $1 } }
        }
        keys["num_kv_shared_layers"] = c.sharedLayers
        keys["use_double_wide_mlp"] = c.sharedHidden != nil
        if let shared = c.sharedHidden, shared != 2 * c.hidden {
            throw ExportFailure(
                place: "\(place), gemma4.feed_forward_length",
                problem:
                    "the last layers' inner width of \(shared) is not twice \(c.hidden), so config.json cannot say it",
                remedy: "Export as GGUF instead.")
        }
        keys["hidden_size_per_layer_input"] = c.perLayerWidth
        keys["vocab_size_per_layer_input"] = c.vocabulary
        keys["enable_moe_block"] = false
        if c.logitCap > 0 { keys["final_logit_softcapping"] = ConfigNumber.of(c.logitCap) }
        var full: [String: Any] = [
            "rope_type": "proportional", "rope_theta": ConfigNumber.of(c.rope?.base ?? 1_000_000),
        ]
        if case .proportional(let angles, let factor)? = c.rope?.scaling {
            full["partial_rotary_factor"] = Double(2 * angles) / Double(c.fullHeadSize ?? c.headSize)
            if factor != 1 { full["factor"] = ConfigNumber.of(factor) }
        }
        var sliding: [String: Any] = ["rope_type": "default"]
        sliding["rope_theta"] = ConfigNumber.of(c.slidingRope?.base ?? 10_000)
        if let scaled = try c.slidingRope?.configScaling(headSize: c.headSize, place: place) {
            sliding.merge(scaled) { $1 }
        }
        keys["rope_parameters"] = ["full_attention": full, "sliding_attention": sliding]
        return keys
    }

    /// llama.cpp knows of which layers the last ones take keys and values by their place: the two before them.
    static func ggufKeys(_ c: ModelConfiguration, place: String) throws -> [(String, GGUFWriter.Value)] {
        func refused(_ problem: String) -> ExportFailure {
            ExportFailure(place: place, problem: problem, remedy: "Export as a Hugging Face folder instead.")
        }
        guard c.slides.contains(true) else { throw refused("llama.cpp runs no Gemma 4 without sliding layers") }
        let first = c.layers - c.sharedLayers
        guard
            c.sharedLayers == 0
                || first >= 2
                    && (first..<c.layers).allSatisfy({
                        c.source($0) == (c.slides($0) ? first - 2 : first - 1)
                    })
        else {
            throw refused(
                "llama.cpp has Gemma 4's last layers attend to the two before them, a sliding and a full one, "
                    + "and this model has other layer_types")
        }
        let unscaled = ModelConfiguration.Rope.Scaling.none
        guard c.slidingRope?.scaling ?? unscaled == unscaled else {
            throw refused("llama.cpp does not scale the rotary positions of Gemma 4's sliding layers")
        }
        let size = GGUFWriter.Value.uint32(UInt32(clamping: c.headSize))
        var keys: [(String, GGUFWriter.Value)] = [
            ("attention.sliding_window", .uint32(UInt32(clamping: c.window))),
            ("attention.sliding_window_pattern", .flags((0..<c.layers).map { c.slides($0) })),
            ("attention.shared_kv_layers", .uint32(UInt32(clamping: c.sharedLayers))),
            ("embedding_length_per_layer_input", .uint32(UInt32(clamping: c.perLayerWidth))),
            ("attention.key_length_swa", size), ("attention.value_length_swa", size),
            ("rope.dimension_count_swa", size), ("rope.freq_base_swa", .float32(c.slidingRope?.base ?? 10_000)),
        ]
        if c.logitCap > 0 { keys.append(("final_logit_softcapping", .float32(c.logitCap))) }
        return keys
    }
}
