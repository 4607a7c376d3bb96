import Tensors
import WeightFiles

extension Model {
    /// Builds the model that a GGUF file holds, mapped and still quantised.
    ///
    /// Throws ``ModelFailure`` where the architecture or a shape is not one the engine runs, ``WeightFileError`` where
    /// a tensor is missing.
    package init(gguf: GGUFFile) throws {
        let architecture = try gguf.required("general.architecture", "text") { $0.string }
        let embedding = try gguf.tensor("token_embd.weight")
        let vocabulary = embedding.rows
        let tied = gguf.tensors["output.weight"] == nil
        let c: ModelConfiguration
        switch architecture {
        case "llama": c = try LlamaFamily.configuration(gguf, vocabulary: vocabulary, tied: tied)
        case "qwen2": c = try QwenFamily.configuration(gguf, family: .qwen2, vocabulary: vocabulary, tied: tied)
        case "qwen3": c = try QwenFamily.configuration(gguf, family: .qwen3, vocabulary: vocabulary, tied: tied)
        case "gemma3": c = try Gemma3Family.configuration(gguf, vocabulary: vocabulary, tied: tied)
        case "gpt2": c = try GPT2Family.configuration(gguf, vocabulary: vocabulary, tied: tied)
        default:
            throw ModelFailure(
                place: "\(gguf.path), general.architecture",
                problem: "the architecture '\(architecture)' is not one this engine runs",
                remedy:
                    "Choose a base of \(ModelConfiguration.Family.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        let tensors = TensorShelf(file: gguf.path) { gguf.tensors[$0] }
        // llama.cpp interleaves the rows of q and k for its rotary kernel, in this family alone.
        let interleaved = architecture == "llama" ? c.headSize : 0
        let layers = try (0..<c.layers).map { index in
            let p = "blk.\(index)."
            if c.family == .gpt2 { return try GPT2Family.layer(tensors, p, c) }
            var layer = LayerWeights(
                attentionNorm: try tensors.norm(p + "attn_norm", c.width),
                feedForwardNorm: try tensors.norm(p + "ffn_norm", c.width),
                projections: [
                    try tensors.matrix(p + "attn_q", c.queryWidth, c.width, interleaved: interleaved),
                    try tensors.matrix(p + "attn_k", c.keyWidth, c.width, interleaved: interleaved),
                    try tensors.matrix(p + "attn_v", c.keyWidth, c.width),
                    try tensors.matrix(p + "attn_output", c.width, c.queryWidth),
                    try tensors.matrix(p + "ffn_gate", c.hidden, c.width),
                    try tensors.matrix(p + "ffn_up", c.hidden, c.width),
                    try tensors.matrix(p + "ffn_down", c.width, c.hidden),
                ])
            if c.headNorms {
                layer.queryNorm = try tensors.norm(p + "attn_q_norm", c.headSize)
                layer.keyNorm = try tensors.norm(p + "attn_k_norm", c.headSize)
            }
            if c.postNorms {
                layer.postAttentionNorm = try tensors.norm(p + "post_attention_norm", c.width)
                layer.postFeedForwardNorm = try tensors.norm(p + "post_ffw_norm", c.width)
            }
            return layer
        }
        let embeddingMatrix = try tensors.matrix("token_embd", vocabulary, c.width)
        self.init(
            configuration: c,
            weights: ModelWeights(
                embedding: embeddingMatrix,
                positions: c.rope == nil ? try tensors.matrix("position_embd", c.context, c.width) : nil,
                layers: layers,
                finalNorm: try tensors.norm("output_norm", c.width),
                head: tied ? embeddingMatrix : try tensors.matrix("output", vocabulary, c.width),
                parameters: gguf.tensors.values.reduce(0) { $0 + $1.count },
                quantisation: gguf.tensors.values.reduce(into: [:]) { $0[$1.type.label, default: 0] += 1 }))
    }
}

/// The tensors of a model by name, checked for shape as they are taken.
struct TensorShelf {
    let file: String
    let find: (String) -> StoredTensor?

    func tensor(_ name: String, _ shape: [Int]) throws -> StoredTensor {
        guard let tensor = find(name) else {
            throw ModelFailure(
                place: "\(file), \(name)", problem: "this tensor is missing",
                remedy: "The model is incomplete: convert or download it again.")
        }
        guard tensor.shape == shape else {
            throw ModelFailure(
                place: "\(file), \(name)", problem: "its shape is \(tensor.shape) where \(shape) is expected",
                remedy: "The file is damaged, or of a variant that this engine does not run.")
        }
        return tensor
    }

    /// `name.weight` [out × in] with `name.bias` where there is one.
    func matrix(_ name: String, _ out: Int, _ inner: Int, interleaved: Int = 0) throws -> WeightMatrix {
        var bias = try find(name + ".bias").map { _ in try tensor(name + ".bias", [out]).floats() }
        // A bias is interleaved as its rows are.
        if interleaved > 0, let stored = bias {
            bias = stored.indices.map { row in
                let base = row - row % interleaved
                let j = row % interleaved
                return stored[base + 2 * (j % (interleaved / 2)) + j / (interleaved / 2)]
            }
        }
        return WeightMatrix(try tensor(name + ".weight", [out, inner]), bias: bias, interleavedHead: interleaved)
    }

    /// `name.weight` [width] with `name.bias` where there is one; `offset` is added to the weight.
    func norm(_ name: String, _ width: Int, offset: Float = 0) throws -> NormWeights {
        let weight = try tensor(name + ".weight", [width]).floats()
        return NormWeights(
            weight: offset == 0 ? weight : weight.map { $0 + offset },
            bias: try find(name + ".bias").map { _ in try tensor(name + ".bias", [width]).floats() })
    }
}
