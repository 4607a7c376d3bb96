import JSONDocument
import WeightFiles

/// Ministral 3 (Mistral AI 2025): Llama whose rotary positions are scaled by YaRN, and whose queries grow with their
/// position once that is beyond the original context. The context ends there, so that nothing grows.
enum Ministral3: ModelFamily {
    static let name = "ministral3"
    static let architecture = "mistral3"
    static let modelTypes = ["ministral3"]
    static let modelClass = "Ministral3ForCausalLM"
    static let huggingFace = TensorLayout.transformers
    static let gguf = TensorLayout.llamaCpp.with { $0.interleaved = [.q, .k] }

    static func declared(_ modelType: String) -> DeclaredKeys {
        .likeLlama.with([
            "num_key_value_heads": .read(absent: .integer(8)), "rms_norm_eps": .read(absent: .number(1e-5)),
            "max_position_embeddings": .read(absent: .integer(262_144)), "sliding_window": .only([.null]),
            "head_dim": .read(absent: .integer(128)), "attention_bias": .only([.flag(false)]),
            "mlp_bias": .only([.flag(false)]),
        ])
    }
    static var declaredMetadata: DeclaredKeys {
        .ggufLikeLlama.with([
            "rope.scaling.yarn_beta_fast": .read(), "rope.scaling.yarn_beta_slow": .read(),
            "rope.scaling.yarn_log_multiplier": .read(), "attention.temperature_scale": .read(),
        ])
    }

    static func shape(_ file: GGUFFile, vocabulary: Int, tied: Bool) throws -> ModelConfiguration {
        let source = try ShapeSource(file, Self.self)
        var c = try source.ggufShape(family, vocabulary: vocabulary, tied: tied)
        var rope = try source.ggufRope(yarn: true)
        // Both factors on scores that YaRN knows are the same in this family, and so cancel.
        if source.value("rope.scaling.yarn_log_multiplier") ?? 0 != 0 { rope.attention = 1 }
        c.rope = rope
        c.queryGrowth = source.value("attention.temperature_scale").map { Float($0) } ?? 0
        return bounded(c)
    }

    static func shape(_ config: JSONNode, file: String, vocabulary: Int, tied: Bool) throws -> ModelConfiguration {
        let source = try ShapeSource(config, file: file, Self.self)
        var c = try source.huggingFaceShape(family, vocabulary: vocabulary, tied: tied)
        let forms = RopeForms(
            yarn: true, context: c.context, headSize: c.headSize,
            read: ["llama_4_scaling_beta", "max_position_embeddings"])
        c.rope = try .init(source, base: 1_000_000, forms)
        let parameters = source["rope_scaling"] ?? source["rope_parameters"]
        c.queryGrowth = parameters?["llama_4_scaling_beta"]?.double.map { Float($0) } ?? 0
        return bounded(c)
    }

    private static func bounded(_ shape: ModelConfiguration) -> ModelConfiguration {
        var c = shape
        if case .yarn(_, _, _, let original)? = c.rope?.scaling { c.context = min(c.context, original) }
        return c
    }

    static func configKeys(_ c: ModelConfiguration, place: String) throws -> [String: Any] {
        var keys = try commonConfigKeys(c, place: place)
        guard var scaling = keys.removeValue(forKey: "rope_scaling") as? [String: Any] else { return keys }
        scaling["rope_theta"] = keys.removeValue(forKey: "rope_theta")
        scaling["llama_4_scaling_beta"] = ConfigNumber.of(c.queryGrowth)
        keys["rope_parameters"] = scaling
        return keys
    }

    static func ggufKeys(_ c: ModelConfiguration, place: String) throws -> [(String, GGUFWriter.Value)] {
        guard let rope = c.rope, case .yarn = rope.scaling else { return [] }
        guard rope.attention == 1 else {
            throw ExportFailure(
                place: place, problem: "llama.cpp runs Ministral 3 with equal mscale and mscale_all_dim alone",
                remedy: "Export as a Hugging Face folder instead.")
        }
        return [
            ("rope.scaling.yarn_log_multiplier", .float32(1)),
            ("attention.temperature_scale", .float32(c.queryGrowth)),
        ]
    }
}
