import Foundation
import Tensors
import Transformers
import WeightFiles

/// Makes `config.json` for a model that came as a GGUF.
enum HuggingFaceConfig {
    /// The keys of `config.json`. Source: the configuration classes of transformers 5.
    static func make(_ c: ModelConfiguration, gguf: GGUFFile, type: StorageType) throws -> [String: Any] {
        func token(_ name: String) -> Any {
            gguf.metadata["tokenizer.ggml.\(name)_token_id"]?.integer as Any? ?? NSNull()
        }
        let family = c.family.facts
        var config: [String: Any] = [
            "model_type": family.modelTypes[0], "architectures": [family.modelClass], "vocab_size": c.vocabulary,
            "torch_dtype": name(type), "dtype": name(type), "tie_word_embeddings": c.tied, "bos_token_id": token("bos"),
            "eos_token_id": token("eos"), "pad_token_id": token("padding"), "use_cache": true,
        ]
        config.merge(try family.configKeys(c, place: gguf.path)) { $1 }
        return config
    }

    /// A number type as PyTorch calls it.
    static func name(_ type: StorageType) -> String {
        switch type {
        case .f16: "float16"
        case .bf16: "bfloat16"
        default: "float32"
        }
    }

    /// The keys of the language model alone, of a `config.json` that wraps them: what is written has no other part.
    static func unwrapped(_ wrapper: [String: Any], _ c: ModelConfiguration) -> [String: Any] {
        let family = c.family.facts
        var config = wrapper["text_config"] as? [String: Any] ?? [:]
        for key in ["bos_token_id", "eos_token_id", "pad_token_id", "transformers_version"] where config[key] == nil {
            config[key] = wrapper[key]
        }
        config["model_type"] = config["model_type"] ?? family.modelTypes[0]
        config["architectures"] = [family.modelClass]
        config["vocab_size"] = c.vocabulary
        config["tie_word_embeddings"] = c.tied
        return config
    }
}
