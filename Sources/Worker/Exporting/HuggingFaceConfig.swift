import Foundation
import Transformers
import WeightFiles

/// Writes `config.json` and `generation_config.json` for a model that came as a GGUF.
enum HuggingFaceConfig {
    /// The keys of `config.json`. Source: the configuration classes of transformers 5.
    static func make(_ c: ModelConfiguration, gguf: GGUFFile) throws -> [String: Any] {
        func token(_ name: String) -> Any {
            gguf.metadata["tokenizer.ggml.\(name)_token_id"]?.integer as Any? ?? NSNull()
        }
        var config: [String: Any] = [
            "vocab_size": c.vocabulary, "torch_dtype": "float32", "dtype": "float32", "tie_word_embeddings": c.tied,
            "bos_token_id": token("bos"), "eos_token_id": token("eos"), "pad_token_id": token("padding"),
            "use_cache": true,
        ]
        if c.family == .gpt2 {
            config.merge([
                "model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_embd": c.width, "n_head": c.heads,
                "n_layer": c.layers,
                "n_inner": c.hidden, "n_positions": c.context, "layer_norm_epsilon": number(c.epsilon),
                "activation_function": "gelu_new",
            ]) { $1 }
            return config
        }
        config.merge([
            "hidden_size": c.width, "intermediate_size": c.hidden, "num_hidden_layers": c.layers,
            "num_attention_heads": c.heads,
            "num_key_value_heads": c.kvHeads, "head_dim": c.headSize, "max_position_embeddings": c.context,
            "rms_norm_eps": number(c.epsilon), "attention_dropout": 0.0,
            "hidden_act": c.activation == .silu ? "silu" : "gelu_pytorch_tanh",
        ]) { $1 }
        if let rope = c.rope {
            config["rope_theta"] = number(rope.base)
            if let scaling = try scaling(rope, headSize: c.headSize, file: gguf.path) {
                config["rope_scaling"] = scaling
            }
        }
        switch c.family {
        case .llama:
            config["model_type"] = "llama"
            config["architectures"] = ["LlamaForCausalLM"]
            config["attention_bias"] = false
            config["mlp_bias"] = false
        case .qwen2:
            config["model_type"] = "qwen2"
            config["architectures"] = ["Qwen2ForCausalLM"]
            config["use_sliding_window"] = false
        case .qwen3:
            config["model_type"] = "qwen3"
            config["architectures"] = ["Qwen3ForCausalLM"]
            config["attention_bias"] = false
        case .gemma3:
            config["model_type"] = "gemma3_text"
            config["architectures"] = ["Gemma3ForCausalLM"]
            config["hidden_activation"] = "gelu_pytorch_tanh"
            config["sliding_window"] = c.window
            config["query_pre_attn_scalar"] = c.headSize
            config["rope_local_base_freq"] = number(c.slidingRope?.base ?? 10_000)
            config["layer_types"] = (0..<c.layers).map { c.slides($0) ? "sliding_attention" : "full_attention" }
        case .gpt2: break
        }
        return config
    }

    /// A float as people write it: 1e-05 and not 9.99999974e-06.
    private static func number(_ value: Float) -> Any { NSNumber(value: Double(value.description) ?? Double(value)) }

    private static func scaling(_ rope: ModelConfiguration.Rope, headSize: Int, file: String) throws -> [String: Any]? {
        switch rope.scaling {
        case .none: return nil
        case .linear(let factor): return ["rope_type": "linear", "factor": number(factor)]
        case .llama3(let factor, let low, let high, let context):
            return [
                "rope_type": "llama3", "factor": number(factor), "low_freq_factor": number(low),
                "high_freq_factor": number(high),
                "original_max_position_embeddings": Int(context),
            ]
        case .factors(let factors):
            // A GGUF keeps the divisors of Llama 3's scaling; those of the published models have one factor and fixed
            // bounds.
            let factor = factors.max() ?? 1
            let (low, high, context): (Double, Double, Double) = (1, 4, 8192)
            for (index, stored) in factors.enumerated() {
                let plain = 1 / pow(Double(rope.base), Double(2 * index) / Double(headSize))
                let wavelength = 2 * Double.pi / plain
                let smooth = (context / wavelength - low) / (high - low)
                let scaled =
                    wavelength > context / low
                    ? plain / Double(factor)
                    : wavelength < context / high ? plain : (1 - smooth) * plain / Double(factor) + smooth * plain
                guard abs(plain / scaled - Double(stored)) < 1e-3 * Double(stored) else {
                    throw ExportFailure(
                        place: "\(file), rope_freqs.weight",
                        problem: "these rotary divisors are not Llama 3's, so config.json cannot say them",
                        remedy: "Export as GGUF instead.")
                }
            }
            return [
                "rope_type": "llama3", "factor": number(factor), "low_freq_factor": low, "high_freq_factor": high,
                "original_max_position_embeddings": Int(context),
            ]
        }
    }
}
