import WeightFiles

/// Qwen 2 and 2.5 (Yang et al. 2024): Llama with biases on queries, keys and values. Qwen 3: without them, with a norm
/// on each head.
enum QwenFamily {
    static func configuration(_ gguf: GGUFFile, family: ModelConfiguration.Family, vocabulary: Int, tied: Bool) throws
        -> ModelConfiguration
    {
        let source = ShapeSource(gguf, architecture: family.rawValue)
        var c = try source.ggufShape(family, vocabulary: vocabulary, tied: tied)
        c.rope = try .init(base: source.number("rope.freq_base", default: 1_000_000))
        c.headNorms = family == .qwen3
        return c
    }

    static func configuration(
        _ config: JSONNode, file: String, family: ModelConfiguration.Family, vocabulary: Int, tied: Bool
    ) throws
        -> ModelConfiguration
    {
        var c = try ShapeSource(config, file: file).huggingFaceShape(family, vocabulary: vocabulary, tied: tied)
        c.rope = try RopeReader.rope(config, file: file, base: 1_000_000)
        c.headNorms = family == .qwen3
        if family == .qwen3, config["attention_bias"]?.bool == true {
            throw ModelFailure(
                place: "\(file), attention_bias", problem: "Qwen 3 with attention biases is not supported",
                remedy: "Choose another base model.")
        }
        if config["use_sliding_window"]?.bool == true, let window = config["sliding_window"]?.integer, window > 0 {
            let from = config["max_window_layers"]?.integer ?? 0
            c.window = window
            c.slides = (0..<c.layers).map { $0 >= from }
        }
        return c
    }
}
