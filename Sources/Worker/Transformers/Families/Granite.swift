import JSONDocument
import WeightFiles

/// Granite 3 (Granite Team 2024), dense: Llama with four multipliers, of embeddings, scores, branches and logits.
enum Granite: ModelFamily {
    static let name = "granite"
    static let modelTypes = ["granite"]
    static let modelClass = "GraniteForCausalLM"
    static let huggingFace = TensorLayout.transformers
    static let gguf = TensorLayout.llamaCpp.with { $0.interleaved = [.q, .k] }

    static func declared(_ modelType: String) -> DeclaredKeys {
        .likeLlama.with([
            "embedding_multiplier": .read(absent: .integer(1)), "attention_multiplier": .read(absent: .integer(1)),
            "residual_multiplier": .read(absent: .integer(1)), "logits_scaling": .read(absent: .integer(1)),
            "attention_bias": .read(absent: .flag(false)), "mlp_bias": .read(absent: .flag(false)),
        ])
    }
    static var declaredMetadata: DeclaredKeys {
        .ggufLikeLlama.with([
            "embedding_scale": .read(), "attention.scale": .read(), "residual_scale": .read(), "logit_scale": .read(),
        ])
    }

    static func shape(_ file: GGUFFile, vocabulary: Int, tied: Bool) throws -> ModelConfiguration {
        let source = try ShapeSource(file, Self.self)
        var c = try source.ggufShape(family, vocabulary: vocabulary, tied: tied)
        c.rope = try source.ggufRope()
        c.biased = gguf.biased(in: file)
        // To llama.cpp a scale of 0 is none.
        func scale(_ key: String) throws -> Float? { source.value(key) ?? 0 == 0 ? nil : try source.number(key) }
        if let value = try scale("embedding_scale") { c.embeddingScale = value }
        if let value = try scale("attention.scale") { c.scoreScale = value }
        if let value = try scale("residual_scale") { c.residualScale = value }
        if let value = try scale("logit_scale") { c.logitScale = 1 / value }
        // To llama.cpp this key of Granite says whether there are rotary positions at all.
        if source["rope.scaling.finetuned"]?.bool == false { c.rotations = [Bool](repeating: false, count: c.layers) }
        return c
    }

    static func shape(_ config: JSONNode, file: String, vocabulary: Int, tied: Bool) throws -> ModelConfiguration {
        try scaled(ShapeSource(config, file: file, Self.self), family, vocabulary: vocabulary, tied: tied)
    }

    /// The shape with the four multipliers, of this family or of one that has them too.
    static func scaled(
        _ source: ShapeSource, _ family: ModelConfiguration.Family, vocabulary: Int, tied: Bool
    ) throws -> ModelConfiguration {
        var c = try source.huggingFaceShape(family, vocabulary: vocabulary, tied: tied)
        c.rope = try .init(source)
        c.biased = source.biased()
        c.embeddingScale = try source.number("embedding_multiplier")
        c.scoreScale = try source.number("attention_multiplier")
        c.residualScale = try source.number("residual_multiplier")
        c.logitScale = 1 / (try source.number("logits_scaling"))
        return c
    }

    static func configKeys(_ c: ModelConfiguration, place: String) throws -> [String: Any] {
        var keys = try commonConfigKeys(c, place: place)
        keys.merge(biasKeys(c)) { $1 }
        keys["embedding_multiplier"] = ConfigNumber.of(c.embeddingScale)
        keys["attention_multiplier"] = ConfigNumber.of(c.scoreScale)
        keys["residual_multiplier"] = ConfigNumber.of(c.residualScale)
        keys["logits_scaling"] = ConfigNumber.of(1 / c.logitScale)
        return keys
    }

    static func ggufKeys(_ c: ModelConfiguration, place: String) throws -> [(String, GGUFWriter.Value)] {
        [
            ("embedding_scale", .float32(c.embeddingScale)), ("attention.scale", .float32(c.scoreScale)),
            ("residual_scale", .float32(c.residualScale)), ("logit_scale", .float32(1 / c.logitScale)),
        ] + (c.rotates(0) ? [] : [("rope.scaling.finetuned", .flag(false))])
    }
}
