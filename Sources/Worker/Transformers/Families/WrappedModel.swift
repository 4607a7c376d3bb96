import JSONDocument
import Tensors
import WeightFiles

/// What a Hugging Face folder holds of a language model: all of it, or the part that reads and writes text of a model
/// that also sees, whose `config.json` wraps the language model's as `text_config`.
package struct WrappedModel {
    /// What is known of a wrapper's own keys, and the class of transformers that runs it.
    struct Wrapper: Sendable {
        let modelClass: String
        let keys: DeclaredKeys
        /// What the names of the language model's modules begin with in what AutoModelForCausalLM makes of the folder;
        /// nil where that is the language model alone.
        var root: String? = "model.language_model."
    }

    /// By `model_type`.
    static let wrappers: [String: Wrapper] = [
        "gemma3": Wrapper(
            modelClass: "Gemma3ForConditionalGeneration",
            keys: .everyModel.with([
                "text_config": .read(), "tie_word_embeddings": .read(absent: .flag(true)),
                // Pictures become tokens that no row of text holds.
                "vision_config": .read(), "mm_tokens_per_image": .read(), "image_token_id": .read(),
                "boi_token_id": .read(), "eoi_token_id": .read(),
            ])),
        "gemma4": Wrapper(
            modelClass: "Gemma4ForConditionalGeneration",
            keys: .everyModel.with([
                "text_config": .read(), "tie_word_embeddings": .read(absent: .flag(true)),
                // Pictures, films and sounds become tokens that no row of text holds.
                "vision_config": .read(), "audio_config": .read(), "boi_token_id": .read(), "eoi_token_id": .read(),
                "image_token_id": .read(), "video_token_id": .read(), "boa_token_id": .read(),
                "eoa_token_id": .read(), "eoa_token_index": .read(), "audio_token_id": .read(),
                "vision_soft_tokens_per_image": .read(),
            ])),
        "qwen3_5": Wrapper(
            modelClass: "Qwen3_5ForConditionalGeneration",
            keys: .everyModel.with([
                "text_config": .read(), "tie_word_embeddings": .read(absent: .flag(false)),
                "vision_config": .read(), "image_token_id": .read(), "video_token_id": .read(),
                "vision_start_token_id": .read(), "vision_end_token_id": .read(), "language_model_only": .read(),
            ]), root: nil),
        "mistral3": Wrapper(
            modelClass: "Mistral3ForConditionalGeneration",
            keys: .everyModel.with([
                "text_config": .read(), "tie_word_embeddings": .read(absent: .flag(true)),
                "vision_config": .read(), "image_token_index": .read(), "image_token_id": .read(),
                "projector_hidden_act": .read(), "multimodal_projector_bias": .read(), "spatial_merge_size": .read(),
                "vision_feature_layer": .read(),
            ])),
    ]
    /// How transformers 5 and 4 begin the names of the language model's blocks, and what that begins with in a folder
    /// of the language model alone.
    private static let renamed = [
        ("model.language_model.", "model."), ("language_model.model.", "model."),
        ("language_model.lm_head.", "lm_head."),
    ]
    private static let pictures = [
        "vision_tower.", "multi_modal_projector.", "visual.", "audio_tower.", "embed_vision.", "embed_audio.",
    ].flatMap { [$0, "model." + $0] }

    /// The language model's configuration.
    package let config: JSONNode
    /// Where it stands, as messages name it.
    let place: String
    let tensors: [String: StoredTensor]
    let otherTypes: [String: String]
    /// What the names of the language model's modules begin with where transformers runs the folder; nil where it is
    /// the language model alone.
    package let root: String?

    /// Whether a `model_type` is one that wraps a language model.
    package static func wraps(_ kind: String?) -> Bool { kind.map { wrappers[$0] != nil } ?? false }

    /// Looks into a folder. Throws ``ModelFailure`` for keys of a wrapper that are not known.
    package init(_ folder: HuggingFaceFolder) throws {
        let file = folder.path + "/config.json"
        let kind = folder.config["model_type"]?.string ?? ""
        guard let wrapper = Self.wrappers[kind], let outer = folder.config.members else {
            (config, place, root) = (folder.config, file, nil)
            (tensors, otherTypes) = (folder.tensors, folder.otherTypes)
            return
        }
        try wrapper.keys.check(outer, file: file, of: "models of type \(kind)")
        let named = (outer["architectures"]?.list ?? []).compactMap(\.string)
        guard let inner = outer["text_config"]?.members, named.allSatisfy({ $0 == wrapper.modelClass }) else {
            throw ModelFailure(
                place: "\(file), text_config",
                problem: "a \(wrapper.modelClass) with a language model in it is expected here",
                remedy: "Download the model again, or give the folder of the language model itself.")
        }
        config = .object(try Self.inner(inner, outer, kind, keys: wrapper.keys, file: file))
        place = "\(file), text_config"
        root = wrapper.root
        tensors = Self.text(folder.tensors)
        otherTypes = Self.text(folder.otherTypes)
    }

    /// The language model's keys, with those that the wrapper says for it.
    private static func inner(
        _ members: [String: JSONNode], _ outer: [String: JSONNode], _ kind: String, keys: DeclaredKeys, file: String
    ) throws -> [String: JSONNode] {
        var result = members
        if result["model_type"] == nil { result["model_type"] = .text(kind + "_text") }
        let key = "tie_word_embeddings"
        let tied = outer[key] ?? keys.absent(key)
        if let own = members[key], let said = outer[key], own != said {
            throw ModelFailure(
                place: "\(file), \(key)", problem: "this and that of text_config differ",
                remedy: "Correct config.json to what the model was trained with.")
        }
        if result[key] == nil { result[key] = tied }
        return result
    }

    /// The entries of the language model, under the names that it has alone.
    private static func text<Value>(_ all: [String: Value]) -> [String: Value] {
        var result: [String: Value] = [:]
        for (name, value) in all where !pictures.contains(where: name.hasPrefix) {
            let beginning = renamed.first { name.hasPrefix($0.0) }
            result[beginning.map { $0.1 + name.dropFirst($0.0.count) } ?? name] = value
        }
        return result
    }
}
