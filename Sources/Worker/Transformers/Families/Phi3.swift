import JSONDocument
import WeightFiles

/// Phi-3, Phi-3.5 and Phi-4 (Abdin et al. 2024): Llama with its projections in two fused matrices, rotary positions on
/// a part of each head, and divisors of frequencies for long texts (LongRoPE, Ding et al. 2024).
///
/// The context ends where the divisors for long texts would begin: with them a text has other numbers from its first
/// token on, so that no cache of its beginning could be kept.
enum Phi3: ModelFamily {
    static let name = "phi3"
    static let modelTypes = ["phi3"]
    static let modelClass = "Phi3ForCausalLM"
    static let huggingFace = TensorLayout.transformers.with {
        $0.projections = [.o: "self_attn.o_proj", .down: "mlp.down_proj"]
        $0.fused = [
            FusedMatrix("self_attn.qkv_proj", [.q, .k, .v]), FusedMatrix("mlp.gate_up_proj", [.gate, .up]),
        ]
    }
    static let gguf = TensorLayout.llamaCpp.with {
        $0.projections = [.o: "attn_output", .down: "ffn_down"]
        $0.fused = [FusedMatrix("attn_qkv", [.q, .k, .v]), FusedMatrix("ffn_up", [.gate, .up])]
    }

    static func declared(_ modelType: String) -> DeclaredKeys {
        .likeLlama.with([
            "max_position_embeddings": .read(absent: .integer(4096)), "rms_norm_eps": .read(absent: .number(1e-5)),
            "original_max_position_embeddings": .read(absent: .integer(4096)), "sliding_window": .read(),
            "partial_rotary_factor": .read(), "attention_bias": .only([.flag(false)]),
            "mlp_bias": .only([.flag(false)]), "lm_head_bias": .only([.flag(false)]),
            // Phi-4-mini writes both, and nothing reads them.
            "full_attn_mod": .only([.integer(1)]), "interpolate_factor": .only([.integer(1)]),
        ])
    }
    static var declaredMetadata: DeclaredKeys {
        .ggufLikeLlama.with([
            "attention.sliding_window": .read(), "rope.scaling.attn_factor": .read(),
            "rope.scaling.original_context_length": .read(),
        ])
    }

    static func shape(_ file: GGUFFile, vocabulary: Int, tied: Bool) throws -> ModelConfiguration {
        let source = try ShapeSource(file, Self.self)
        var c = try source.ggufShape(family, vocabulary: vocabulary, tied: tied, rotatesPart: true)
        var rope = try source.ggufRope()
        let rotated = try source.count("rope.dimension_count", default: c.headSize)
        if rotated != c.headSize { rope.rotated = rotated }
        func factors(_ name: String) -> [Float]? { file.tensors["rope_factors_\(name).weight"]?.floats() }
        if let short = factors("short"), let long = factors("long") {
            let original = try source.count("rope.scaling.original_context_length", default: c.context)
            rope.scaling = .long(short: short, long: long, originalContext: original)
            rope.attention = try source.number("rope.scaling.attn_factor", default: 1)
            c.context = min(c.context, original)
        }
        // llama.cpp runs the family without its window; up to its length there is no difference.
        if let window = source.value("attention.sliding_window"), window > 0, window < Double(c.context) {
            c.context = Int(window)
        }
        c.rope = rope
        return try c.checkedRope(file.path)
    }

    static func shape(_ config: JSONNode, file: String, vocabulary: Int, tied: Bool) throws -> ModelConfiguration {
        let source = try ShapeSource(config, file: file, Self.self)
        var c = try source.huggingFaceShape(family, vocabulary: vocabulary, tied: tied)
        let original = try source.count("original_max_position_embeddings")
        var rope = try ModelConfiguration.Rope(
            source, RopeForms(long: true, context: c.context, originalContext: original, headSize: c.headSize))
        if let share = source.value("partial_rotary_factor"), rope.rotated == nil {
            rope.rotated = Int(Double(c.headSize) * share)
        }
        if case .long(_, _, let original) = rope.scaling { c.context = min(c.context, original) }
        if rope.rotated == c.headSize { rope.rotated = nil }
        c.rope = rope
        // A window as long as the context hides nothing.
        if let window = source.value("sliding_window"), window < Double(c.context) {
            c.window = try source.count("sliding_window")
            c.slides = [Bool](repeating: true, count: c.layers)
        }
        return try c.checkedRope(file)
    }

    static func configKeys(_ c: ModelConfiguration, place: String) throws -> [String: Any] {
        var plain = c
        plain.rope?.scaling = .none
        var keys = try commonConfigKeys(plain, place: place)
        keys["original_max_position_embeddings"] = c.context
        keys["sliding_window"] = c.window > 0 ? c.window as Any : nil
        guard let rope = c.rope else { return keys }
        keys["partial_rotary_factor"] = Double(rope.rotated ?? c.headSize) / Double(c.headSize)
        guard case .long(let short, let long, let original) = rope.scaling else { return keys }
        keys["rope_scaling"] = [
            "type": "longrope", "short_factor": short.map(ConfigNumber.of), "long_factor": long.map(ConfigNumber.of),
        ]
        keys["original_max_position_embeddings"] = original
        // transformers takes the factor on scores from the ratio of both lengths alone.
        keys["max_position_embeddings"] = rope.longest(original: original)
        return keys
    }

    static func ggufKeys(_ c: ModelConfiguration, place: String) throws -> [(String, GGUFWriter.Value)] {
        guard let rope = c.rope, case .long(_, _, let original) = rope.scaling else { return [] }
        return [
            ("rope.scaling.original_context_length", .uint32(UInt32(clamping: original))),
            ("rope.scaling.attn_factor", .float32(rope.attention)),
        ]
    }
}
