import WeightFiles

/// Gemma 3 (Gemma Team 2025): scaled embeddings, norms before and after each part, head norms, GeGLU, and five sliding
/// layers with a rotary base of their own before each full one.
enum Gemma3Family {
    static func configuration(_ gguf: GGUFFile, vocabulary: Int, tied: Bool) throws -> ModelConfiguration {
        let source = ShapeSource(gguf, architecture: "gemma3")
        var c = try source.ggufShape(.gemma3, vocabulary: vocabulary, tied: tied)
        c.rope = try .init(base: source.number("rope.freq_base", default: 1_000_000))
        if source.text("rope.scaling.type") == "linear" {
            c.rope?.scaling = .linear(factor: try source.number("rope.scaling.factor"))
        }
        c.window = try source.count("attention.sliding_window", default: 512)
        return common(c, localBase: try source.number("rope.local.freq_base", default: 10_000), pattern: 6)
    }

    static func configuration(_ config: JSONNode, file: String, vocabulary: Int, tied: Bool) throws
        -> ModelConfiguration
    {
        let source = ShapeSource(config, file: file)
        var c = try source.huggingFaceShape(.gemma3, vocabulary: vocabulary, tied: tied)
        let full = config["rope_parameters"]?["full_attention"]
        let sliding = config["rope_parameters"]?["sliding_attention"]
        c.rope = try RopeReader.rope(full ?? config, file: file, base: 1_000_000)
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
}
