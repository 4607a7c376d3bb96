import JSONDocument
import WeightFiles

/// Qwen 2 and 2.5 (Yang et al. 2024): Llama with biases on queries, keys and values.
enum Qwen2: ModelFamily {
    static let name = "qwen2"
    static let modelTypes = ["qwen2"]
    static let modelClass = "Qwen2ForCausalLM"
    static let huggingFace = TensorLayout.transformers
    static let gguf = TensorLayout.llamaCpp
    static let biased: Set<Projection> = [.q, .k, .v]

    static func shape(_ file: GGUFFile, vocabulary: Int, tied: Bool) throws -> ModelConfiguration {
        let source = ShapeSource(file, architecture: name)
        var c = try source.ggufShape(family, vocabulary: vocabulary, tied: tied)
        c.rope = try .init(base: source.number("rope.freq_base", default: 1_000_000))
        return c
    }

    static func shape(_ config: JSONNode, file: String, vocabulary: Int, tied: Bool) throws -> ModelConfiguration {
        var c = try ShapeSource(config, file: file).huggingFaceShape(family, vocabulary: vocabulary, tied: tied)
        c.rope = try .init(config, file: file, base: 1_000_000)
        slide(&c, config)
        return c
    }

    /// Sets the window of the layers from `max_window_layers` on, where Qwen's configuration uses one.
    static func slide(_ c: inout ModelConfiguration, _ config: JSONNode) {
        guard config["use_sliding_window"]?.bool == true, let window = config["sliding_window"]?.integer, window > 0
        else { return }
        let from = config["max_window_layers"]?.integer ?? 0
        c.window = window
        c.slides = (0..<c.layers).map { $0 >= from }
    }

    static func configKeys(_ c: ModelConfiguration, place: String) throws -> [String: Any] {
        var keys = try commonConfigKeys(c, place: place)
        keys["use_sliding_window"] = false
        return keys
    }
}
