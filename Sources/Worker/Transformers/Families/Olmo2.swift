import JSONDocument
import WeightFiles

/// OLMo 2 and 3 (OLMo Team 2024, 2025): norms after each part and none before, norms over all queries and over all keys
/// at once; in OLMo 3 three of four layers slide.
enum Olmo2: ModelFamily {
    static let name = "olmo2"
    static let modelTypes = ["olmo2", "olmo3"]
    static let modelClass = "Olmo2ForCausalLM"
    static let llamaCppSlides = true
    static let huggingFace = TensorLayout.transformers.with {
        $0.norms =
            TensorLayout.transformersHeadNorms + [
                (.postAttention, "post_attention_layernorm"), (.postFeedForward, "post_feedforward_layernorm"),
            ]
    }
    static let gguf = TensorLayout.llamaCpp.with {
        $0.norms =
            TensorLayout.llamaCppHeadNorms + [
                (.postAttention, "post_attention_norm"), (.postFeedForward, "post_ffw_norm"),
            ]
    }

    static func declared(_ modelType: String) -> DeclaredKeys {
        let keys = DeclaredKeys.likeLlama.with([
            "rms_norm_eps": .read(absent: .number(1e-5)), "attention_bias": .only([.flag(false)]),
        ])
        return modelType == "olmo2"
            ? keys : keys.with(["sliding_window": .read(absent: .integer(4096)), "layer_types": .read()])
    }
    static var declaredMetadata: DeclaredKeys {
        .ggufLikeLlama.with([
            "attention.sliding_window": .read(), "attention.sliding_window_pattern": .read(),
            "rope.freq_base_swa": .read(), "rope.scaling.yarn_beta_fast": .read(),
            "rope.scaling.yarn_beta_slow": .read(),
        ])
    }

    static func shape(_ file: GGUFFile, vocabulary: Int, tied: Bool) throws -> ModelConfiguration {
        let source = try ShapeSource(file, Self.self)
        var c = try source.ggufShape(family, vocabulary: vocabulary, tied: tied)
        c.rope = try source.ggufRope(yarn: true)
        if source.value("attention.sliding_window") ?? 0 != 0 {
            c.window = try source.count("attention.sliding_window")
            // llama.cpp knows no other pattern, and scales full layers alone.
            c.slides = pattern(c.layers)
            c.slidingRope = ModelConfiguration.Rope(base: c.rope?.base ?? 10_000)
        }
        return common(c)
    }

    static func shape(_ config: JSONNode, file: String, vocabulary: Int, tied: Bool) throws -> ModelConfiguration {
        let source = try ShapeSource(config, file: file, Self.self)
        var c = try source.huggingFaceShape(family, vocabulary: vocabulary, tied: tied)
        let forms = RopeForms(yarn: true, context: c.context, headSize: c.headSize)
        guard source.keys.rules["sliding_window"] != nil else {
            c.rope = try .init(source)
            return common(c)
        }
        if let newer = source["rope_parameters"], newer["full_attention"] != nil || newer["sliding_attention"] != nil {
            let place = "\(file), rope_parameters"
            let base = source.value("rope_theta") ?? 10_000
            c.rope = try .init(newer["full_attention"], place: place + ", full_attention", base: base, forms)
            c.slidingRope = try .init(newer["sliding_attention"], place: place + ", sliding_attention", base: base)
        } else {
            // Before transformers 5 the scaling was that of full layers, and sliding ones had none.
            let rope = try ModelConfiguration.Rope(source, forms)
            c.rope = rope
            c.slidingRope = ModelConfiguration.Rope(base: rope.base)
        }
        c.window = try source.count("sliding_window")
        c.slides = try source.layerTypes(c.layers) ?? pattern(c.layers)
        return common(c)
    }

    /// Every fourth layer is full.
    private static func pattern(_ layers: Int) -> [Bool] { (0..<layers).map { ($0 + 1) % 4 != 0 } }

    private static func common(_ shape: ModelConfiguration) -> ModelConfiguration {
        var c = shape
        c.headNorms = true
        c.wideHeadNorms = true
        c.postNorms = true
        return c
    }

    static func configKeys(_ c: ModelConfiguration, place: String) throws -> [String: Any] {
        var keys = try commonConfigKeys(c, place: place)
        guard c.window > 0 else { return keys }
        keys["model_type"] = "olmo3"
        keys["architectures"] = ["Olmo3ForCausalLM"]
        keys["sliding_window"] = c.window
        keys["layer_types"] = (0..<c.layers).map { c.slides($0) ? "sliding_attention" : "full_attention" }
        return keys
    }

    static func ggufKeys(_ c: ModelConfiguration, place: String) throws -> [(String, GGUFWriter.Value)] {
        guard c.window > 0 else { return [] }
        func refused(_ problem: String) -> ExportFailure {
            ExportFailure(place: place, problem: problem, remedy: "Export as a Hugging Face folder instead.")
        }
        guard (0..<c.layers).map({ c.slides($0) }) == pattern(c.layers) else {
            throw refused("llama.cpp runs OLMo 3 with every fourth layer full, and this model has other layer_types")
        }
        let plain = ModelConfiguration.Rope(base: c.rope?.base ?? 10_000)
        guard c.slidingRope ?? plain == plain else {
            throw refused(
                "llama.cpp turns the sliding layers of OLMo 3 by the base of the full ones, without a scaling")
        }
        return [("attention.sliding_window", .uint32(UInt32(clamping: c.window)))]
    }
}
