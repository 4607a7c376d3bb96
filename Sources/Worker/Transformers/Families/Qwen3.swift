import JSONDocument
import WeightFiles

/// Qwen 3 (Yang et al. 2025): Qwen 2 without its biases, with a norm on each head.
enum Qwen3: ModelFamily {
    static let name = "qwen3"
    static let modelTypes = ["qwen3"]
    static let modelClass = "Qwen3ForCausalLM"
    static let huggingFace = TensorLayout.transformers.with { $0.norms += TensorLayout.transformersHeadNorms }
    static let gguf = TensorLayout.llamaCpp.with { $0.norms.insert(contentsOf: TensorLayout.llamaCppHeadNorms, at: 1) }

    static func declared(_ modelType: String) -> DeclaredKeys {
        Qwen2.qwen.with([
            "head_dim": .read(absent: .integer(128)), "attention_bias": .only([.flag(false)]),
            "use_qk_norm": .only([.flag(true)]),
        ])
    }

    static func shape(_ file: GGUFFile, vocabulary: Int, tied: Bool) throws -> ModelConfiguration {
        let source = try ShapeSource(file, Self.self)
        var c = try source.ggufShape(family, vocabulary: vocabulary, tied: tied)
        c.rope = try source.ggufRope()
        c.headNorms = true
        return c
    }

    static func shape(_ config: JSONNode, file: String, vocabulary: Int, tied: Bool) throws -> ModelConfiguration {
        let source = try ShapeSource(config, file: file, Self.self)
        var c = try source.huggingFaceShape(family, vocabulary: vocabulary, tied: tied)
        c.rope = try .init(source)
        c.headNorms = true
        try Qwen2.slide(&c, source)
        return c
    }

    static func configKeys(_ c: ModelConfiguration, place: String) throws -> [String: Any] {
        var keys = try commonConfigKeys(c, place: place)
        keys["attention_bias"] = false
        return keys
    }
}
