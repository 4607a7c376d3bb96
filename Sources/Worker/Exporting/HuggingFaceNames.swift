import Transformers

/// Tensor names and configuration keys as transformers has them.
enum HuggingFaceNames {
    /// The norms of one layer, in no particular order.
    static func norms(_ layer: LayerWeights, _ family: ModelConfiguration.Family) -> [(name: String, norm: NormWeights)]
    {
        func named(_ pairs: [(String, NormWeights?)]) -> [(name: String, norm: NormWeights)] {
            pairs.compactMap { name, norm in norm.map { (name, $0) } }
        }
        switch family {
        case .llama, .qwen2, .qwen3:
            return named([
                ("input_layernorm", layer.attentionNorm), ("post_attention_layernorm", layer.feedForwardNorm),
                ("self_attn.q_norm", layer.queryNorm), ("self_attn.k_norm", layer.keyNorm),
            ])
        case .gemma3:
            return named([
                ("input_layernorm", layer.attentionNorm), ("post_attention_layernorm", layer.postAttentionNorm),
                ("pre_feedforward_layernorm", layer.feedForwardNorm),
                ("post_feedforward_layernorm", layer.postFeedForwardNorm),
                ("self_attn.q_norm", layer.queryNorm), ("self_attn.k_norm", layer.keyNorm),
            ])
        case .gpt2:
            return named([("ln_1", layer.attentionNorm), ("ln_2", layer.feedForwardNorm)])
        }
    }

    /// What transformers adds to a norm's stored weight before it multiplies: Gemma stores w - 1.
    static func normOffset(_ family: ModelConfiguration.Family) -> Float { family == .gemma3 ? 1 : 0 }
}
