import JSONDocument
import WeightFiles

/// Gemma 3 (Gemma Team 2025): scaled embeddings, norms before and after each part, head norms, GeGLU, and five sliding
/// layers with a rotary base of their own before each full one.
enum Gemma3: ModelFamily {
    static let name = "gemma3"
    static let modelTypes = ["gemma3_text"]
    static let modelClass = "Gemma3ForCausalLM"
    static let llamaCppSlides = true
    static let huggingFace = TensorLayout.transformers.with {
        $0.norms =
            [
                (.attention, "input_layernorm"), (.postAttention, "post_attention_layernorm"),
                (.feedForward, "pre_feedforward_layernorm"), (.postFeedForward, "post_feedforward_layernorm"),
            ] + TensorLayout.transformersHeadNorms
        // transformers multiplies by 1 + w; llama.cpp's files hold the sum.
        $0.normOffset = 1
    }
    static let gguf = TensorLayout.llamaCpp.with {
        $0.norms =
            [(.attention, "attn_norm")] + TensorLayout.llamaCppHeadNorms + [
                (.postAttention, "post_attention_norm"), (.feedForward, "ffn_norm"),
                (.postFeedForward, "post_ffw_norm"),
            ]
    }

    static func declared(_ modelType: String) -> DeclaredKeys {
        .likeLlama.with([
            "num_attention_heads": .read(absent: .integer(8)), "num_key_value_heads": .read(absent: .integer(4)),
            "head_dim": .read(absent: .integer(256)), "max_position_embeddings": .read(absent: .integer(131_072)),
            "tie_word_embeddings": .read(absent: .flag(true)),
            "hidden_activation": .only([.text("gelu_pytorch_tanh"), .text("gelu_new"), .text("gelu_fast")]),
            // Gemma 3 does not read it; who writes it means the same.
            "hidden_act": .only([.text("gelu_pytorch_tanh")]), "attention_bias": .only([.flag(false)]),
            "query_pre_attn_scalar": .read(absent: .integer(256)), "sliding_window": .read(absent: .integer(4096)),
            "sliding_window_pattern": .read(absent: .integer(6)), "_sliding_window_pattern": .read(absent: .integer(6)),
            "layer_types": .read(), "rope_local_base_freq": .read(absent: .integer(10_000)),
            "final_logit_softcapping": .only([.null]), "attn_logit_softcapping": .only([.null]),
        ])
    }
    static var declaredMetadata: DeclaredKeys {
        var keys = DeclaredKeys.ggufLikeLlama.with([
            "attention.sliding_window": .read(), "attention.sliding_window_pattern": .read(),
            "rope.freq_base": .read(), "rope.global.freq_base": .read(), "rope.local.freq_base": .read(),
            "rope.freq_base_swa": .read(),
        ])
        // Files of the larger models hold a part for pictures, which text does not pass.
        keys.harmlessPrefixes = ["vision.", "mm."]
        return keys
    }

    static func shape(_ file: GGUFFile, vocabulary: Int, tied: Bool) throws -> ModelConfiguration {
        let source = try ShapeSource(file, Self.self)
        var c = try source.ggufShape(family, vocabulary: vocabulary, tied: tied)
        func base(_ keys: [String]) throws -> Float {
            try keys.first { source[$0] != nil }.map { try source.number($0) } ?? 10_000
        }
        c.rope = try source.ggufRope(base: base(["rope.freq_base", "rope.global.freq_base"]))
        c.window = try source.value("attention.sliding_window") ?? 0 == 0 ? 0 : source.count("attention.sliding_window")
        if case .list(let kinds)? = source["attention.sliding_window_pattern"] {
            guard kinds.indices.allSatisfy({ kinds[$0].bool == (($0 + 1) % 6 != 0) }) else {
                throw ModelFailure(
                    place: "\(file.path), gemma3.attention.sliding_window_pattern",
                    problem: "only every sixth layer being full is supported", remedy: "Choose another base model.")
            }
        }
        // llama.cpp knows the largest model by its layers, and scales its scores otherwise.
        if c.layers == 62 { c.scoreScale = 1 / (Float(c.width) / Float(c.heads)).squareRoot() }
        return common(
            c, local: .init(base: try base(["rope.local.freq_base", "rope.freq_base_swa"])),
            slides: (0..<c.layers).map { ($0 + 1) % 6 != 0 })
    }

    static func shape(_ config: JSONNode, file: String, vocabulary: Int, tied: Bool) throws -> ModelConfiguration {
        let source = try ShapeSource(config, file: file, Self.self)
        var c = try source.huggingFaceShape(family, vocabulary: vocabulary, tied: tied)
        let (full, sliding) = try ropes(source)
        c.rope = full
        if source["sliding_window"] != nil { c.window = try source.count("sliding_window") }
        c.scoreScale = 1 / (try source.number("query_pre_attn_scalar")).squareRoot()
        let pattern = try source.count("sliding_window_pattern")
        let slides = try source.layerTypes(c.layers) ?? (0..<c.layers).map { ($0 + 1) % pattern != 0 }
        guard c.window > 0 || !slides.contains(true) else {
            throw ModelFailure(
                place: "\(file), sliding_window", problem: "layers slide, and there is no window",
                remedy: "Correct config.json to what the model was trained with.")
        }
        return common(c, local: sliding, slides: slides)
    }

    /// The rotary positions of full and of sliding layers. Before transformers 5 there was one scaling, that of the
    /// full layers, and the bases stood beside it.
    private static func ropes(_ source: ShapeSource) throws -> (ModelConfiguration.Rope, ModelConfiguration.Rope) {
        let place = "\(source.file), rope_parameters"
        let newer = source["rope_parameters"]
        try DeclaredKeys(["full_attention": .read(), "sliding_attention": .read()]).check(
            newer?.members ?? [:], file: place, of: "models of type gemma3_text")
        var full = newer?["full_attention"]?.members ?? [:]
        if let older = source["rope_scaling"]?.members { full.merge(older) { $1 } }
        return (
            try .init(
                .object(full), place: place + ", full_attention", base: source.value("rope_theta") ?? 1_000_000),
            try .init(
                newer?["sliding_attention"], place: place + ", sliding_attention",
                base: source.value("rope_local_base_freq") ?? 10_000)
        )
    }

    private static func common(_ shape: ModelConfiguration, local: ModelConfiguration.Rope, slides: [Bool])
        -> ModelConfiguration
    {
        var c = shape
        c.activation = .geluTanh
        c.headNorms = true
        c.postNorms = true
        c.embeddingScale = Float(c.width).squareRoot()
        c.slidingRope = local
        c.slides = slides
        return c
    }

    static func configKeys(_ c: ModelConfiguration, place: String) throws -> [String: Any] {
        var keys = try commonConfigKeys(c, place: place)
        keys["hidden_activation"] = "gelu_pytorch_tanh"
        keys["sliding_window"] = c.window
        keys["query_pre_attn_scalar"] = Int(exactly: (1 / (c.scoreScale * c.scoreScale)).rounded()) ?? c.headSize
        keys["rope_local_base_freq"] = ConfigNumber.of(c.slidingRope?.base ?? 10_000)
        keys["layer_types"] = (0..<c.layers).map { c.slides($0) ? "sliding_attention" : "full_attention" }
        return keys
    }

    /// Every sixth layer full, scores by the size of a head: llama.cpp knows no other Gemma 3.
    static func ggufKeys(_ c: ModelConfiguration, place: String) throws -> [(String, GGUFWriter.Value)] {
        func refused(_ problem: String) -> ExportFailure {
            ExportFailure(place: place, problem: problem, remedy: "Export as a Hugging Face folder instead.")
        }
        guard (0..<c.layers).allSatisfy({ c.slides($0) == (($0 + 1) % 6 != 0) }) else {
            throw refused("llama.cpp runs Gemma 3 with every sixth layer full, and this model has other layer_types")
        }
        // llama.cpp knows the largest model by its layers.
        let scaled = c.layers == 62 ? Float(c.width) / Float(c.heads) : Float(c.headSize)
        guard abs(c.scoreScale * scaled.squareRoot() - 1) < 1e-4 else {
            throw refused(
                "llama.cpp scales Gemma 3's scores by its heads' size, and this model has another query_pre_attn_scalar"
            )
        }
        let unscaled = ModelConfiguration.Rope.Scaling.none
        guard c.slidingRope?.scaling ?? unscaled == unscaled else {
            throw refused("llama.cpp does not scale the rotary positions of Gemma 3's sliding layers")
        }
        let base = GGUFWriter.Value.float32(c.slidingRope?.base ?? 10_000)
        return [
            ("attention.sliding_window", .uint32(UInt32(clamping: c.window))), ("rope.local.freq_base", base),
            ("rope.freq_base_swa", base),
        ]
    }
}
