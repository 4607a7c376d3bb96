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
        norms: [(.attention, "ln_1"), (.feedForward, "ln_2")], fused: "attn.c_attn", isTransposed: true)
    static let gguf = TensorLayout.llamaCpp.with {
        $0.positions = "position_embd"
        $0.projections = [.o: "attn_output", .up: "ffn_up", .down: "ffn_down"]
        $0.fused = "attn_qkv"
    }
    static let biased: Set<Projection> = [.q, .k, .v, .o, .up, .down]

    static func shape(_ file: GGUFFile, vocabulary: Int, tied: Bool) throws -> ModelConfiguration {
        let source = ShapeSource(file, architecture: name)
        return common(
            try source.ggufShape(family, vocabulary: vocabulary, tied: tied, epsilonKey: "attention.layer_norm_epsilon")
        )
    }

    static func shape(_ config: JSONNode, file: String, vocabulary: Int, tied: Bool) throws -> ModelConfiguration {
        let source = ShapeSource(config, file: file)
        let width = try source.count("n_embd")
        let heads = try source.count("n_head", most: 4096)
        if let activation = source.text("activation_function"), activation != "gelu_new",
            activation != "gelu_pytorch_tanh"
        {
            throw ModelFailure(
                place: "\(file), activation_function", problem: "'\(activation)' is not supported (gelu_new is)",
                remedy: "Choose another base model.")
        }
        return common(
            try ModelConfiguration(
                family: family, layers: source.count("n_layer", most: 4096), width: width, heads: heads, kvHeads: heads,
                headSize: width / heads, hidden: source.count("n_inner", default: 4 * width), vocabulary: vocabulary,
                context: source.count("n_positions"), epsilon: source.number("layer_norm_epsilon", default: 1e-5),
                tied: tied
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
