import WeightFiles

/// Llama (Touvron et al. 2023): RMS norms, rotary positions, grouped-query attention, SwiGLU. SmolLM2, TinyLlama, Llama
/// 2 and 3, Mistral.
enum LlamaFamily {
    static func configuration(_ gguf: GGUFFile, vocabulary: Int, tied: Bool) throws -> ModelConfiguration {
        let source = ShapeSource(gguf, architecture: "llama")
        var c = try source.ggufShape(.llama, vocabulary: vocabulary, tied: tied)
        guard source.value("expert_count") ?? 0 == 0 else {
            throw ModelFailure(
                place: gguf.path, problem: "it is a mixture of experts, which this engine does not run",
                remedy: "Choose a dense base model.")
        }
        c.rope = try .init(base: source.number("rope.freq_base", default: 10_000))
        // Llama 3's scaling is stored as the divisor of every frequency.
        if let factors = gguf.tensors["rope_freqs.weight"] { c.rope?.scaling = .factors(factors.floats()) }
        if source.text("rope.scaling.type") == "linear" {
            c.rope?.scaling = .linear(factor: try source.number("rope.scaling.factor"))
        }
        return c
    }

    static func configuration(_ config: JSONNode, file: String, vocabulary: Int, tied: Bool) throws
        -> ModelConfiguration
    {
        let source = ShapeSource(config, file: file)
        var c = try source.huggingFaceShape(.llama, vocabulary: vocabulary, tied: tied)
        c.rope = try RopeReader.rope(config, file: file)
        if config["attention_bias"]?.bool == true || config["mlp_bias"]?.bool == true {
            throw ModelFailure(
                place: "\(file), attention_bias", problem: "Llama models with biases are not supported",
                remedy: "Choose another base model.")
        }
        // Mistral's window covers every layer; null means none.
        if let window = config["sliding_window"]?.integer, window > 0 {
            c.window = window
            c.slides = [Bool](repeating: true, count: c.layers)
        }
        return c
    }
}

/// Reads `rope_theta` and `rope_scaling`, or the newer `rope_parameters`, of a `config.json`.
enum RopeReader {
    static func rope(_ config: JSONNode, file: String, base fallback: Float = 10_000) throws -> ModelConfiguration.Rope
    {
        let parameters = config["rope_parameters"]
        let base = (parameters?["rope_theta"] ?? config["rope_theta"])?.double ?? Double(fallback)
        guard base.isFinite, base > 1 else {
            throw ModelFailure(
                place: "\(file), rope_theta", problem: "\(base) is not a rotary base",
                remedy: "The file is damaged: download it again.")
        }
        var rope = ModelConfiguration.Rope(base: Float(base))
        let scaling = config["rope_scaling"]?.members != nil ? config["rope_scaling"] : parameters
        guard let scaling, scaling.members != nil else { return rope }
        let kind = (scaling["rope_type"] ?? scaling["type"])?.string ?? "default"
        func number(_ key: String) throws -> Float {
            guard let value = scaling[key]?.double, value.isFinite, value > 0 else {
                throw ModelFailure(
                    place: "\(file), rope_scaling.\(key)", problem: "this key is missing or not positive",
                    remedy: "Download the model again.")
            }
            return Float(value)
        }
        switch kind {
        case "default": break
        case "linear": rope.scaling = .linear(factor: try number("factor"))
        case "llama3":
            rope.scaling = .llama3(
                factor: try number("factor"), lowFrequency: try number("low_freq_factor"),
                highFrequency: try number("high_freq_factor"),
                originalContext: try number("original_max_position_embeddings"))
        default:
            throw ModelFailure(
                place: "\(file), rope_scaling",
                problem: "the scaling '\(kind)' is not supported (default, linear and llama3 are)",
                remedy: "Choose another base model.")
        }
        return rope
    }
}
