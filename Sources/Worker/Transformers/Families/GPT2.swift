import Tensors
import WeightFiles

/// GPT-2 (Radford et al. 2019): layer norms with biases, learned positions, plain GELU feed-forward, biases everywhere.
enum GPT2Family {
    static func configuration(_ gguf: GGUFFile, vocabulary: Int, tied: Bool) throws -> ModelConfiguration {
        let source = ShapeSource(gguf, architecture: "gpt2")
        return common(
            try source.ggufShape(.gpt2, vocabulary: vocabulary, tied: tied, epsilonKey: "attention.layer_norm_epsilon"))
    }

    static func configuration(_ config: JSONNode, file: String, vocabulary: Int, tied: Bool) throws
        -> ModelConfiguration
    {
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
                family: .gpt2, layers: source.count("n_layer", most: 4096), width: width, heads: heads, kvHeads: heads,
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

    /// One block; q, k and v lie one after the other in one matrix.
    static func layer(_ tensors: TensorShelf, _ prefix: String, _ c: ModelConfiguration) throws -> LayerWeights {
        let fused = try tensors.tensor(prefix + "attn_qkv.weight", [3 * c.width, c.width])
        let bias = try tensors.tensor(prefix + "attn_qkv.bias", [3 * c.width]).floats()
        return LayerWeights(
            attentionNorm: try tensors.norm(prefix + "attn_norm", c.width),
            feedForwardNorm: try tensors.norm(prefix + "ffn_norm", c.width),
            projections: split(fused, bias, c) + [
                try tensors.matrix(prefix + "attn_output", c.width, c.width), nil,
                try tensors.matrix(prefix + "ffn_up", c.hidden, c.width),
                try tensors.matrix(prefix + "ffn_down", c.width, c.hidden),
            ])
    }

    /// Three matrices that share the fused one's bytes.
    static func split(_ fused: StoredTensor, _ bias: [Float], _ c: ModelConfiguration) -> [WeightMatrix?] {
        (0..<3).map { part in
            let bytes = fused.bytes.count / 3
            let slice = StoredTensor(
                name: fused.name, shape: [c.width, c.width], type: fused.type,
                bytes: UnsafeRawBufferPointer(rebasing: fused.bytes[part * bytes..<(part + 1) * bytes]),
                owner: fused.owner)
            return WeightMatrix(slice, bias: Array(bias[part * c.width..<(part + 1) * c.width]))
        }
    }
}
