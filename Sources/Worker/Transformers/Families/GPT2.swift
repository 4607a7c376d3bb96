import JSONDocument
import WeightFiles

/// GPT-2 (Radford et al. 2019): layer norms with biases, learned positions, plain GELU feed-forward, biases everywhere.
enum GPT2: ModelFamily {
    static let name = "gpt2"
    static let modelTypes = ["gpt2"]
    static let modelClass = "GPT2LMHeadModel"
    // q, k and v lie one after the other in one matrix; transformers' Conv1D keeps matrices as [in × out].
    static let huggingFace = TensorLayout(
        root: "transformer.", embedding: "wte", positions: "wpe", finalNorm: "ln_f", head: "lm_head", blocks: "h",
        projections: [.o: "attn.c_proj", .up: "mlp.c_fc", .down: "mlp.c_proj"],
        norms: [(.attention, "ln_1"), (.feedForward, "ln_2")], fused: [FusedMatrix("attn.c_attn", [.q, .k, .v])],
        isTransposed: true)
    static let gguf = TensorLayout.llamaCpp.with {
        $0.positions = "position_embd"
        $0.projections = [.o: "attn_output", .up: "ffn_up", .down: "ffn_down"]
        $0.fused = [FusedMatrix("attn_qkv", [.q, .k, .v])]
    }
    static let biased: Set<Projection> = [.q, .k, .v, .o, .up, .down]

    static func declared(_ modelType: String) -> DeclaredKeys {
        .everyModel.with([
            "n_embd": .read(), "n_head": .read(), "n_layer": .read(), "n_inner": .read(),
            "n_positions": .read(absent: .integer(1024)), "layer_norm_epsilon": .read(absent: .number(1e-5)),
            "activation_function": .only([.text("gelu_new"), .text("gelu_pytorch_tanh"), .text("gelu_fast")]),
            "scale_attn_weights": .only([.flag(true)]), "scale_attn_by_inverse_layer_idx": .only([.flag(false)]),
            "tie_word_embeddings": .read(absent: .flag(true)),
        ])
    }
    static var declaredMetadata: DeclaredKeys {
        .ggufLikeLlama.with([
            "attention.layer_norm_epsilon": .read(), "attention.layer_norm_rms_epsilon": .read(),
        ])
    }

    static func shape(_ file: GGUFFile, vocabulary: Int, tied: Bool) throws -> ModelConfiguration {
        let source = try ShapeSource(file, Self.self)
        return common(
            try source.ggufShape(family, vocabulary: vocabulary, tied: tied, epsilonKey: "attention.layer_norm_epsilon")
        )
    }

    static func shape(_ config: JSONNode, file: String, vocabulary: Int, tied: Bool) throws -> ModelConfiguration {
        let source = try ShapeSource(config, file: file, Self.self)
        let width = try source.count("n_embd")
        let heads = try source.count("n_head", most: 4096)
        return common(
            try ModelConfiguration(
                family: family, layers: source.count("n_layer", most: 4096), width: width, heads: heads, kvHeads: heads,
                headSize: width / heads, hidden: source.count("n_inner", default: 4 * width), vocabulary: vocabulary,
                context: source.count("n_positions"), epsilon: source.number("layer_norm_epsilon"), tied: tied
            ).checked(file))
    }

    private static func common(_ shape: ModelConfiguration) -> ModelConfiguration {
        var c = shape
        c.normalisation = .layer
        c.activation = .geluTanh
        c.gated = false
        c.rope = nil
        return c
    }

    static func configKeys(_ c: ModelConfiguration, place: String) throws -> [String: Any] {
        [
            "n_embd": c.width, "n_head": c.heads, "n_layer": c.layers, "n_inner": c.hidden, "n_positions": c.context,
            "layer_norm_epsilon": ConfigNumber.of(c.epsilon), "activation_function": "gelu_new",
        ]
    }
}
