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

    static func shape(_ file: GGUFFile, vocabulary: Int, tied: Bool) throws -> ModelConfiguration {
        let source = ShapeSource(file, architecture: name)
        var c = try source.ggufShape(family, vocabulary: vocabulary, tied: tied)
        c.rope = try .init(base: source.number("rope.freq_base", default: 1_000_000))
        if source.text("rope.scaling.type") == "linear" {
            c.rope?.scaling = .linear(factor: try source.number("rope.scaling.factor"))
        }
        c.window = try source.count("attention.sliding_window", default: 512)
        return common(c, localBase: try source.number("rope.local.freq_base", default: 10_000), pattern: 6)
    }

    static func shape(_ config: JSONNode, file: String, vocabulary: Int, tied: Bool) throws -> ModelConfiguration {
        let source = ShapeSource(config, file: file)
        var c = try source.huggingFaceShape(family, vocabulary: vocabulary, tied: tied)
        let full = config["rope_parameters"]?["full_attention"]
        let sliding = config["rope_parameters"]?["sliding_attention"]
        c.rope = try .init(full ?? config, file: file, base: 1_000_000)
        c.window = try source.count("sliding_window", default: 512)
        if let scalar = config["query_pre_attn_scalar"]?.double, scalar > 0 {
            c.scoreScale = 1 / Float(scalar).squareRoot()
        }
        let local = sliding?["rope_theta"]?.double ?? config["rope_local_base_freq"]?.double ?? 10_000
        c = common(c, localBase: Float(local), pattern: config["sliding_window_pattern"]?.integer ?? 6)
        if let kinds = config["layer_types"]?.list, kinds.count == c.layers {
            c.slides = kinds.map { $0.string == "sliding_attention" }
        }
        return c
    }

    private static func common(_ shape: ModelConfiguration, localBase: Float, pattern: Int) -> ModelConfiguration {
        var c = shape
        c.activation = .geluTanh
        c.headNorms = true
        c.postNorms = true
        c.embeddingScale = Float(c.width).squareRoot()
        c.slidingRope = .init(base: localBase)
        c.slides = (0..<c.layers).map { ($0 + 1) % max(1, pattern) != 0 }
        return c
    }

    static func configKeys(_ c: ModelConfiguration, place: String) throws -> [String: Any] {
        var keys = try commonConfigKeys(c, place: place)
        keys["hidden_activation"] = "gelu_pytorch_tanh"
        keys["sliding_window"] = c.window
        keys["query_pre_attn_scalar"] = c.headSize
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
        guard abs(c.scoreScale * Float(c.headSize).squareRoot() - 1) < 1e-4 else {
            throw refused(
                "llama.cpp scales Gemma 3's scores by its heads' size, and this model has another query_pre_attn_scalar"
            )
        }
        let base = GGUFWriter.Value.float32(c.slidingRope?.base ?? 10_000)
        return [
            ("attention.sliding_window", .uint32(UInt32(clamping: c.window))), ("rope.local.freq_base", base),
            ("rope.freq_base_swa", base),
        ]
    }
}
