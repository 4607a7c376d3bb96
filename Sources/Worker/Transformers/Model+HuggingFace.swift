import Tensors
import WeightFiles

extension Model {
    /// Builds the model that a Hugging Face folder holds, mapped in its own number type.
    ///
    /// Throws ``ModelFailure`` where the architecture or a shape is not one the engine runs.
    package init(huggingFace folder: HuggingFaceFolder) throws {
        let file = folder.path + "/config.json"
        let config = folder.config
        let kind = config["model_type"]?.string ?? ""
        if config["quantization_config"] != nil {
            throw ModelFailure(
                place: "\(file), quantization_config",
                problem: "weights quantised by bitsandbytes, GPTQ or the like are not supported",
                remedy: "Use the original weights, or a GGUF.")
        }
        // A folder saved from the bare model lacks the prefix.
        let root = kind == "gpt2" ? "transformer." : "model."
        let prefix = folder.tensors.keys.contains { $0.hasPrefix(root) } ? root : ""
        let embeddingName = prefix + (kind == "gpt2" ? "wte" : "embed_tokens")
        guard let embedding = folder.tensors[embeddingName + ".weight"], embedding.shape.count == 2 else {
            throw ModelFailure(
                place: "\(folder.path), \(embeddingName).weight", problem: "this tensor is missing or no matrix",
                remedy: "The model is incomplete, or of an architecture that is not supported.")
        }
        let vocabulary = embedding.rows
        let tied = folder.tensors["lm_head.weight"] == nil || config["tie_word_embeddings"]?.bool == true
        let c: ModelConfiguration
        switch kind {
        case "llama", "mistral":
            c = try LlamaFamily.configuration(config, file: file, vocabulary: vocabulary, tied: tied)
        case "qwen2":
            c = try QwenFamily.configuration(config, file: file, family: .qwen2, vocabulary: vocabulary, tied: tied)
        case "qwen3":
            c = try QwenFamily.configuration(config, file: file, family: .qwen3, vocabulary: vocabulary, tied: tied)
        case "gemma3_text": c = try Gemma3Family.configuration(config, file: file, vocabulary: vocabulary, tied: tied)
        case "gpt2": c = try GPT2Family.configuration(config, file: file, vocabulary: vocabulary, tied: tied)
        default:
            throw ModelFailure(
                place: "\(file), model_type", problem: "the model type '\(kind)' is not one this engine runs",
                remedy: "Choose a base of llama, mistral, qwen2, qwen3, gemma3_text, gpt2.")
        }
        let tensors = TensorShelf(file: folder.path) { folder.tensors[$0] }
        let layers = try (0..<c.layers).map { index in
            kind == "gpt2"
                ? try GPT2Family.layer(huggingFace: tensors, "\(prefix)h.\(index).", c)
                : try Self.layer(tensors, "\(prefix)layers.\(index).", c)
        }
        let embeddingMatrix = try tensors.matrix(embeddingName, vocabulary, c.width)
        let offset: Float = c.family == .gemma3 ? 1 : 0
        self.init(
            configuration: c,
            weights: ModelWeights(
                embedding: embeddingMatrix,
                positions: c.rope == nil ? try tensors.matrix(prefix + "wpe", c.context, c.width) : nil,
                layers: layers,
                finalNorm: try tensors.norm(prefix + (kind == "gpt2" ? "ln_f" : "norm"), c.width, offset: offset),
                head: tied ? embeddingMatrix : try tensors.matrix("lm_head", vocabulary, c.width),
                parameters: folder.tensors.reduce(0) { $0 + (tied && $1.key == "lm_head.weight" ? 0 : $1.value.count) },
                quantisation: folder.tensors.values.reduce(into: [:]) { $0[$1.type.label, default: 0] += 1 }))
    }

    /// One block of every family but GPT-2.
    private static func layer(_ tensors: TensorShelf, _ prefix: String, _ c: ModelConfiguration) throws -> LayerWeights
    {
        // Gemma stores its norms' weights less one.
        let offset: Float = c.family == .gemma3 ? 1 : 0
        func norm(_ name: String, _ width: Int) throws -> NormWeights {
            try tensors.norm(prefix + name, width, offset: offset)
        }
        var layer = LayerWeights(
            attentionNorm: try norm("input_layernorm", c.width),
            feedForwardNorm: try norm(c.postNorms ? "pre_feedforward_layernorm" : "post_attention_layernorm", c.width),
            projections: [
                try tensors.matrix(prefix + "self_attn.q_proj", c.queryWidth, c.width),
                try tensors.matrix(prefix + "self_attn.k_proj", c.keyWidth, c.width),
                try tensors.matrix(prefix + "self_attn.v_proj", c.keyWidth, c.width),
                try tensors.matrix(prefix + "self_attn.o_proj", c.width, c.queryWidth),
                try tensors.matrix(prefix + "mlp.gate_proj", c.hidden, c.width),
                try tensors.matrix(prefix + "mlp.up_proj", c.hidden, c.width),
                try tensors.matrix(prefix + "mlp.down_proj", c.width, c.hidden),
            ])
        if c.headNorms {
            layer.queryNorm = try norm("self_attn.q_norm", c.headSize)
            layer.keyNorm = try norm("self_attn.k_norm", c.headSize)
        }
        if c.postNorms {
            layer.postAttentionNorm = try norm("post_attention_layernorm", c.width)
            layer.postFeedForwardNorm = try norm("post_feedforward_layernorm", c.width)
        }
        return layer
    }
}

extension GPT2Family {
    /// One block; transformers keeps GPT-2's matrices as [in × out], with q, k and v side by side in one.
    static func layer(huggingFace tensors: TensorShelf, _ prefix: String, _ c: ModelConfiguration) throws
        -> LayerWeights
    {
        func matrix(_ name: String, out: Int, in inner: Int) throws -> [WeightMatrix] {
            let stored = try tensors.tensor(prefix + name + ".weight", [inner, out]).floats()
            let bias = try tensors.tensor(prefix + name + ".bias", [out]).floats()
            let parts = name == "attn.c_attn" ? 3 : 1
            let rows = out / parts
            return try (0..<parts).map { part in
                let buffer = try FloatBuffer(rows * inner)
                for row in 0..<rows {
                    for column in 0..<inner {
                        buffer.pointer[row * inner + column] = stored[column * out + part * rows + row]
                    }
                }
                return WeightMatrix(
                    buffer, offset: 0, out: rows, in: inner, bias: Array(bias[part * rows..<(part + 1) * rows]))
            }
        }
        return LayerWeights(
            attentionNorm: try tensors.norm(prefix + "ln_1", c.width),
            feedForwardNorm: try tensors.norm(prefix + "ln_2", c.width),
            projections: try matrix("attn.c_attn", out: 3 * c.width, in: c.width)
                + matrix("attn.c_proj", out: c.width, in: c.width) + [nil]
                + matrix("mlp.c_fc", out: c.hidden, in: c.width) + matrix("mlp.c_proj", out: c.width, in: c.hidden))
    }
}
