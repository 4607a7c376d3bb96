import JSONDocument
import WeightFiles

/// Granite 4 (Granite Team 2025), dense: Granite 3 whose feed-forward part is what the larger models call the shared
/// expert, with gate and up in one matrix, and rotary positions in none of its layers or in all. Layers of Mamba 2 and
/// experts are refused.
enum GraniteHybrid: ModelFamily {
    static let name = "granitemoehybrid"
    // To llama.cpp it is a Granite 3.
    static let architecture = Granite.name
    static let modelTypes = ["granitemoehybrid"]
    static let modelClass = "GraniteMoeHybridForCausalLM"
    static let huggingFace = TensorLayout.transformers.with {
        for projection in [Projection.gate, .up] { $0.projections[projection] = nil }
        $0.projections[.down] = "shared_mlp.output_linear"
        $0.fused = [FusedMatrix("shared_mlp.input_linear", [.gate, .up])]
    }
    static let gguf = Granite.gguf

    static func declared(_ modelType: String) -> DeclaredKeys {
        var keys = Granite.declared(modelType).with([
            "layer_types": .read(), "layers_block_type": .read(), "position_embedding_type": .read(),
            "shared_intermediate_size": .read(absent: .integer(1024)), "intermediate_size": .read(),
            "num_local_experts": .read(absent: .integer(8)), "num_experts_per_tok": .read(),
            "output_router_logits": .only([.flag(false)]), "init_method": .read(),
            "normalization_function": .only([.text("rmsnorm")]), "attention_bias": .read(absent: .flag(false)),
            "mlp_bias": .only([.flag(false)]),
        ])
        // They shape layers of Mamba 2, of which there is none.
        keys.harmlessPrefixes += ["mamba_", "time_step_"]
        return keys
    }
    static var declaredMetadata: DeclaredKeys { Granite.declaredMetadata }

    static func shape(_ file: GGUFFile, vocabulary: Int, tied: Bool) throws -> ModelConfiguration {
        try Granite.shape(file, vocabulary: vocabulary, tied: tied)
    }

    static func shape(_ config: JSONNode, file: String, vocabulary: Int, tied: Bool) throws -> ModelConfiguration {
        let source = try ShapeSource(config, file: file, Self.self)
        let kinds = (source["layer_types"] ?? source["layers_block_type"])?.list
        guard let kinds, kinds.allSatisfy({ ["attention", "full_attention"].contains($0.string) }) else {
            throw ModelFailure(
                place: "\(file), layer_types", problem: "layers of Mamba 2 are not computed by this engine",
                remedy: "Choose a dense Granite 4, such as micro.")
        }
        guard source.value("num_local_experts") == 0 else {
            throw ModelFailure(
                place: "\(file), num_local_experts", problem: "experts are not computed by this engine",
                remedy: "Choose a dense Granite 4, such as micro.")
        }
        var c = try Granite.scaled(source, family, vocabulary: vocabulary, tied: tied)
        c.hidden = try source.count("shared_intermediate_size")
        switch source.text("position_embedding_type") {
        case "rope": break
        case nil, "nope": c.rotations = [Bool](repeating: false, count: c.layers)
        case let kind?:
            throw ModelFailure(
                place: "\(file), position_embedding_type",
                problem: "positions of kind '\(kind)' are not computed by this engine (rope and nope are)",
                remedy: "Choose another base model.")
        }
        return c
    }

    static func configKeys(_ c: ModelConfiguration, place: String) throws -> [String: Any] {
        var keys = try Granite.configKeys(c, place: place)
        keys["shared_intermediate_size"] = c.hidden
        keys["num_local_experts"] = 0
        keys["layer_types"] = [String](repeating: "attention", count: c.layers)
        keys["position_embedding_type"] = c.rotates(0) ? "rope" : nil
        keys.removeValue(forKey: "mlp_bias")
        return keys
    }

    static func ggufKeys(_ c: ModelConfiguration, place: String) throws -> [(String, GGUFWriter.Value)] {
        try Granite.ggufKeys(c, place: place)
    }
}
