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

    static func declared(_ modelType: String) -> DeclaredKeys {
        modelType == "mistral"
            ? .likeLlama.with([
                "num_key_value_heads": .read(absent: .integer(8)), "sliding_window": .read(absent: .integer(4096)),
                "max_position_embeddings": .read(absent: .integer(131_072)),
            ])
            : .likeLlama.with([
                "attention_bias": .read(absent: .flag(false)), "mlp_bias": .read(absent: .flag(false)),
                "rope_interleaved": .only([.flag(false)]),
            ])
    }

    static func shape(_ file: GGUFFile, vocabulary: Int, tied: Bool) throws -> ModelConfiguration {
        let source = try ShapeSource(file, Self.self)
        var c = try source.ggufShape(family, vocabulary: vocabulary, tied: tied)
        c.biased = gguf.biased(in: file)
        var rope = try source.ggufRope()
        // Llama 3's scaling is stored as the divisor of every frequency.
        if let factors = file.tensors["rope_freqs.weight"] {
            guard rope.scaling == .none, factors.count == c.headSize / 2 else {
                throw ModelFailure(
                    place: "\(file.path), rope_freqs.weight",
                    problem: rope.scaling == .none
                        ? "there are \(factors.count) divisors of \(c.headSize / 2) frequencies"
                        : "divisors of frequencies together with a linear scaling are not supported",
                    remedy: "Choose another base model, or convert it again.")
            }
            rope.scaling = .factors(factors.floats())
        }
        c.rope = rope
        return c
    }

    static func shape(_ config: JSONNode, file: String, vocabulary: Int, tied: Bool) throws -> ModelConfiguration {
        let source = try ShapeSource(config, file: file, Self.self)
        var c = try source.huggingFaceShape(family, vocabulary: vocabulary, tied: tied)
        c.rope = try .init(source)
        c.biased = source.biased()
        // Mistral's window covers every layer; null means none.
        if source["sliding_window"] != nil {
            c.window = try source.count("sliding_window")
            c.slides = [Bool](repeating: true, count: c.layers)
        }
        return c
    }

    static func configKeys(_ c: ModelConfiguration, place: String) throws -> [String: Any] {
        var keys = try commonConfigKeys(c, place: place)
        keys.merge(biasKeys(c)) { $1 }
        return keys
    }
}
