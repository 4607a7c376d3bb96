import JSONDocument
import WeightFiles

/// Llama (Touvron et al. 2023): RMS norms, rotary positions, grouped-query attention, SwiGLU. SmolLM2, TinyLlama, Llama
/// 2 and 3, Mistral.
enum Llama: ModelFamily {
    static let name = "llama"
    static let modelTypes = ["llama", "mistral"]
    static let modelClass = "LlamaForCausalLM"
    static let huggingFace = TensorLayout.transformers
    // llama.cpp interleaves the rows of q and k for its rotary kernel, in this family alone.
    static let gguf = TensorLayout.llamaCpp.with { $0.interleaved = [.q, .k] }

    static func shape(_ file: GGUFFile, vocabulary: Int, tied: Bool) throws -> ModelConfiguration {
        let source = ShapeSource(file, architecture: name)
        var c = try source.ggufShape(family, vocabulary: vocabulary, tied: tied)
        guard source.value("expert_count") ?? 0 == 0 else {
            throw ModelFailure(
                place: file.path, problem: "it is a mixture of experts, which this engine does not run",
                remedy: "Choose a dense base model.")
        }
        c.rope = try .init(base: source.number("rope.freq_base", default: 10_000))
        // Llama 3's scaling is stored as the divisor of every frequency.
        if let factors = file.tensors["rope_freqs.weight"] { c.rope?.scaling = .factors(factors.floats()) }
        if source.text("rope.scaling.type") == "linear" {
            c.rope?.scaling = .linear(factor: try source.number("rope.scaling.factor"))
        }
        return c
    }

    static func shape(_ config: JSONNode, file: String, vocabulary: Int, tied: Bool) throws -> ModelConfiguration {
        let source = ShapeSource(config, file: file)
        var c = try source.huggingFaceShape(family, vocabulary: vocabulary, tied: tied)
        c.rope = try .init(config, file: file)
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

    static func configKeys(_ c: ModelConfiguration, place: String) throws -> [String: Any] {
        var keys = try commonConfigKeys(c, place: place)
        keys["attention_bias"] = false
        keys["mlp_bias"] = false
        return keys
    }
}
