import JSONDocument
import WeightFiles

/// Everything that this engine knows of one family of models: how its files shape a model, what its tensors are called
/// in both formats, and how its configuration is written for others.
///
/// A family is one file beside this one and a fixture (`make regenerate` puts it into
/// ``ModelConfiguration/Family/allCases``); nothing else asks which family a model is of. What a family adds to the
/// mathematics is a value of ``ModelConfiguration``.
package protocol ModelFamily: Sendable {
    /// What it is called here: on cards and in messages.
    static var name: String { get }
    /// What llama.cpp calls it: `general.architecture` of a GGUF, and what its keys begin with.
    static var architecture: String { get }
    /// The `model_type`s of `config.json` that it reads; the first is the one that is written.
    static var modelTypes: [String] { get }
    /// The class of transformers that runs it, for `architectures` in `config.json`.
    static var modelClass: String { get }
    /// The tensors of a Hugging Face folder.
    static var huggingFace: TensorLayout { get }
    /// The tensors of a GGUF.
    static var gguf: TensorLayout { get }
    /// The linear layers that have a bias unless a file says otherwise.
    static var biased: Set<Projection> { get }
    /// Whether llama.cpp runs the family's sliding windows; where it does not, contexts end with the window.
    static var llamaCppSlides: Bool { get }

    /// Beginnings of tensors in a Hugging Face folder that are of no part of the language model, such as heads that
    /// guess several tokens at once.
    static var otherTensors: [String] { get }

    /// What is known of the keys of a `config.json` of `modelType`, one of ``modelTypes``.
    static func declared(_ modelType: String) -> DeclaredKeys
    /// What is known of the keys of a GGUF below the architecture's name.
    static var declaredMetadata: DeclaredKeys { get }

    /// Blocks at the end of a GGUF that guess tokens ahead, and that answers do not pass.
    static func guessesAhead(_ file: GGUFFile) -> Int

    /// The shape that a GGUF gives. Throws ``ModelFailure`` naming the key.
    static func shape(_ file: GGUFFile, vocabulary: Int, tied: Bool) throws -> ModelConfiguration
    /// The shape that a `config.json` gives. Throws ``ModelFailure`` naming the key.
    static func shape(_ config: JSONNode, file: String, vocabulary: Int, tied: Bool) throws -> ModelConfiguration
    /// The keys of `config.json` that say the shape. Throws ``ExportFailure`` for what they cannot say of the model at
    /// `place`.
    static func configKeys(_ c: ModelConfiguration, place: String) throws -> [String: Any]
    /// The keys of a GGUF that come after those which every family has, without the architecture's name in front.
    /// Throws ``ExportFailure`` where llama.cpp would run another model than the one at `place`.
    static func ggufKeys(_ c: ModelConfiguration, place: String) throws -> [(String, GGUFWriter.Value)]
}

/// What most families have in common.
extension ModelFamily {
    /// The family as a value.
    package static var family: ModelConfiguration.Family { ModelConfiguration.Family(Self.self) }
    package static var architecture: String { name }
    package static var biased: Set<Projection> { [] }
    package static var llamaCppSlides: Bool { false }
    package static var otherTensors: [String] { [] }
    package static func guessesAhead(_ file: GGUFFile) -> Int { 0 }
    package static var declaredMetadata: DeclaredKeys { .ggufLikeLlama }
    package static func ggufKeys(_ c: ModelConfiguration, place: String) throws -> [(String, GGUFWriter.Value)] { [] }

    /// What `config.json` says of biases, where the family reads it from there.
    static func biasKeys(_ c: ModelConfiguration) -> [String: Any] {
        ["attention_bias": c.biased.contains(.q), "mlp_bias": c.biased.contains(.up)]
    }

    /// The keys of `config.json` of a model built as Llama is.
    static func commonConfigKeys(_ c: ModelConfiguration, place: String) throws -> [String: Any] {
        var keys: [String: Any] = [
            "hidden_size": c.width, "intermediate_size": c.hidden, "num_hidden_layers": c.layers,
            "num_attention_heads": c.heads, "num_key_value_heads": c.kvHeads, "head_dim": c.headSize,
            "max_position_embeddings": c.context, "rms_norm_eps": ConfigNumber.of(c.epsilon), "attention_dropout": 0.0,
            "hidden_act": c.activation == .silu ? "silu" : "gelu_pytorch_tanh",
        ]
        if let rope = c.rope {
            keys["rope_theta"] = ConfigNumber.of(rope.base)
            if let scaling = try rope.configScaling(headSize: c.headSize, place: place) {
                keys["rope_scaling"] = scaling
            }
        }
        return keys
    }
}
