import JSONDocument
import WeightFiles

/// SmolLM 3 (Bakouch et al. 2025): Llama without rotary positions in every fourth layer (Yang et al. 2025, "Rope to
/// Nope and Back Again").
enum SmolLM3: ModelFamily {
    static let name = "smollm3"
    static let modelTypes = ["smollm3"]
    static let modelClass = "SmolLM3ForCausalLM"
    static let huggingFace = TensorLayout.transformers
    static let gguf = TensorLayout.llamaCpp.with { $0.interleaved = [.q, .k] }

    static func declared(_ modelType: String) -> DeclaredKeys {
        .likeLlama.with([
            "num_key_value_heads": .read(absent: .integer(4)),
            "max_position_embeddings": .read(absent: .integer(32_768)),
            "tie_word_embeddings": .read(absent: .flag(true)), "no_rope_layers": .read(),
            "no_rope_layer_interval": .read(absent: .integer(4)), "layer_types": .read(),
            // Windows are read by no published model; `layer_types` names them where they are.
            "use_sliding_window": .only([.flag(false)]), "sliding_window": .read(),
            "attention_bias": .only([.flag(false)]), "mlp_bias": .only([.flag(false)]),
        ])
    }

    static func shape(_ file: GGUFFile, vocabulary: Int, tied: Bool) throws -> ModelConfiguration {
        let source = try ShapeSource(file, Self.self)
        var c = try source.ggufShape(family, vocabulary: vocabulary, tied: tied)
        c.rope = try source.ggufRope()
        // llama.cpp knows no other interval.
        c.rotations = rotations(c.layers, interval: 4)
        return c
    }

    static func shape(_ config: JSONNode, file: String, vocabulary: Int, tied: Bool) throws -> ModelConfiguration {
        let source = try ShapeSource(config, file: file, Self.self)
        var c = try source.huggingFaceShape(family, vocabulary: vocabulary, tied: tied)
        c.rope = try .init(source, base: 2_000_000)
        guard try source.layerTypes(c.layers)?.contains(true) != true else {
            throw ModelFailure(
                place: "\(file), layer_types", problem: "a layer slides, but use_sliding_window is not true",
                remedy: "Correct config.json to what the model was trained with.")
        }
        guard let listed = source["no_rope_layers"] else {
            c.rotations = rotations(c.layers, interval: try source.count("no_rope_layer_interval"))
            return c
        }
        let marks = (listed.list ?? []).prefix(c.layers).map(\.double)
        guard marks.count == c.layers, marks.allSatisfy({ $0 == 0 || $0 == 1 }) else {
            throw ModelFailure(
                place: "\(file), no_rope_layers",
                problem: "this is no list of \(c.layers) times 1 or 0, one for each layer",
                remedy: "The file is damaged: download it again.")
        }
        c.rotations = marks.map { $0 == 1 }
        return c
    }

    private static func rotations(_ layers: Int, interval: Int) -> [Bool] {
        (0..<layers).map { ($0 + 1) % interval != 0 }
    }

    static func configKeys(_ c: ModelConfiguration, place: String) throws -> [String: Any] {
        var keys = try commonConfigKeys(c, place: place)
        keys.merge(biasKeys(c)) { $1 }
        keys["use_sliding_window"] = false
        keys["no_rope_layers"] = (0..<c.layers).map { c.rotates($0) ? 1 : 0 }
        return keys
    }

    static func ggufKeys(_ c: ModelConfiguration, place: String) throws -> [(String, GGUFWriter.Value)] {
        guard (0..<c.layers).allSatisfy({ c.rotates($0) == (($0 + 1) % 4 != 0) }) else {
            throw ExportFailure(
                place: place,
                problem: "llama.cpp leaves the rotary positions out of every fourth layer of SmolLM 3, and this model "
                    + "has other no_rope_layers", remedy: "Export as a Hugging Face folder instead.")
        }
        return []
    }
}
