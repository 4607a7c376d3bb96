import JSONDocument
import WeightFiles

/// Qwen 3 (Yang et al. 2025): Qwen 2 without its biases, with a norm on each head.
enum Qwen3: ModelFamily {
    static let name = "qwen3"
    static let modelTypes = ["qwen3"]
    static let modelClass = "Qwen3ForCausalLM"
    static let huggingFace = TensorLayout.transformers.with { $0.norms += TensorLayout.transformersHeadNorms }
    static let gguf = TensorLayout.llamaCpp.with { $0.norms.insert(contentsOf: TensorLayout.llamaCppHeadNorms, at: 1) }

    static func shape(_ file: GGUFFile, vocabulary: Int, tied: Bool) throws -> ModelConfiguration {
        let source = ShapeSource(file, architecture: name)
        var c = try source.ggufShape(family, vocabulary: vocabulary, tied: tied)
        c.rope = try .init(base: source.number("rope.freq_base", default: 1_000_000))
        c.headNorms = true
        return c
    }

    static func shape(_ config: JSONNode, file: String, vocabulary: Int, tied: Bool) throws -> ModelConfiguration {
        var c = try ShapeSource(config, file: file).huggingFaceShape(family, vocabulary: vocabulary, tied: tied)
        c.rope = try .init(config, file: file, base: 1_000_000)
        c.headNorms = true
        if config["attention_bias"]?.bool == true {
            throw ModelFailure(
                place: "\(file), attention_bias", problem: "Qwen 3 with attention biases is not supported",
                remedy: "Choose another base model.")
        }
        Qwen2.slide(&c, config)
        return c
    }

    static func configKeys(_ c: ModelConfiguration, place: String) throws -> [String: Any] {
        var keys = try commonConfigKeys(c, place: place)
        keys["attention_bias"] = false
        return keys
    }
}
