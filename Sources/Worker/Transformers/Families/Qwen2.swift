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

    /// Both of Qwen's: windows are there, and off unless `use_sliding_window` says otherwise.
    static let qwen = DeclaredKeys.likeLlama.with([
        "num_key_value_heads": .read(absent: .integer(32)),
        "max_position_embeddings": .read(absent: .integer(32_768)), "use_sliding_window": .read(absent: .flag(false)),
        "sliding_window": .read(absent: .integer(4096)), "max_window_layers": .read(absent: .integer(28)),
        "layer_types": .read(), "use_mrope": .only([.flag(false)]), "use_qk_norm": .only([.flag(false)]),
    ])

    static func declared(_ modelType: String) -> DeclaredKeys { qwen }

    static func shape(_ file: GGUFFile, vocabulary: Int, tied: Bool) throws -> ModelConfiguration {
        let source = try ShapeSource(file, Self.self)
        var c = try source.ggufShape(family, vocabulary: vocabulary, tied: tied)
        c.rope = try source.ggufRope()
        return c
    }

    static func shape(_ config: JSONNode, file: String, vocabulary: Int, tied: Bool) throws -> ModelConfiguration {
        let source = try ShapeSource(config, file: file, Self.self)
        var c = try source.huggingFaceShape(family, vocabulary: vocabulary, tied: tied)
        c.rope = try .init(source)
        try slide(&c, source)
        return c
    }

    /// Sets which layers slide: those that `layer_types` names, or those from `max_window_layers` on where a window is
    /// used at all. Throws ``ModelFailure`` where a layer slides and no window is used.
    static func slide(_ c: inout ModelConfiguration, _ source: ShapeSource) throws {
        let isUsed = source["use_sliding_window"] == .flag(true) && source["sliding_window"] != nil
        let from = try source.value("max_window_layers") == 0 ? 0 : source.count("max_window_layers")
        let slides = try source.layerTypes(c.layers) ?? (0..<c.layers).map { isUsed && $0 >= from }
        guard slides.contains(true) else { return }
        guard isUsed else {
            throw ModelFailure(
                place: "\(source.file), layer_types",
                problem: "a layer slides, but use_sliding_window is not true or sliding_window is absent",
                remedy: "Correct config.json to what the model was trained with.")
        }
        c.window = try source.count("sliding_window")
        c.slides = slides
    }

    static func configKeys(_ c: ModelConfiguration, place: String) throws -> [String: Any] {
        var keys = try commonConfigKeys(c, place: place)
        keys["use_sliding_window"] = false
        return keys
    }
}
