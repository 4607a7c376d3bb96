import Foundation
import JSONDocument
import TestSupport
import Testing
import WeightFiles

@testable import Transformers

/// Nothing that a model's configuration says is passed over: it is read, has the only value that is computed, is known
/// to be harmless, or is refused by name.
@Suite struct DeclaredKeysTests {
    typealias Family = ModelConfiguration.Family

    private static func configurations() throws -> [String: JSONNode] {
        let data = try Data(contentsOf: URL(filePath: TestSupport.fixture("configurations.json")))
        return try data.withUnsafeBytes { try JSONReader.document($0).members } ?? [:]
    }

    private static let kinds = Family.allCases.flatMap { $0.facts.modelTypes }
    /// The fixture that a model type's shape is tried with.
    private static func fixture(_ kind: String) -> String {
        TestSupport.fixture("families/\(kind.replacing("_text", with: ""))")
    }

    /// The members of a fixture's configuration.
    private func members(_ kind: String) throws -> [String: JSONNode] {
        try HuggingFaceFolder.json("config.json", in: Self.fixture(kind)).members ?? [:]
    }

    private func shape(_ members: [String: JSONNode], _ kind: String) throws -> ModelConfiguration {
        let family = try #require(Family(modelType: kind))
        return try family.facts.shape(.object(members), file: "config.json", vocabulary: 67, tied: true)
    }

    /// Every field of transformers' own classes is declared or harmless.
    @Test(arguments: kinds)
    func everyFieldOfTheClassIsKnown(kind: String) throws {
        let fields = try #require(try Self.configurations()[kind]?["fields"]?.list).compactMap(\.string)
        #expect(fields.count > 20)
        let keys = try #require(Family(modelType: kind)).facts.declared(kind)
        for field in fields {
            #expect(
                keys.rules[field] != nil || keys.isHarmless(field) || field == "transformers_version",
                "\(kind): \(field) is neither declared nor harmless")
        }
    }

    /// The same of the classes that wrap a language model.
    @Test(arguments: WrappedModel.wrappers.keys.sorted())
    func everyFieldOfAWrapperIsKnown(kind: String) throws {
        let fields = try #require(try Self.configurations()[kind]?["fields"]?.list).compactMap(\.string)
        let keys = try #require(WrappedModel.wrappers[kind]).keys
        #expect(fields.contains("text_config"))
        for field in fields {
            #expect(keys.rules[field] != nil || keys.isHarmless(field), "\(kind): \(field)")
        }
    }

    /// What the absence of a key means is what transformers takes it to mean.
    @Test(arguments: kinds)
    func absentKeysMeanWhatTransformersSays(kind: String) throws {
        let defaults = try #require(try Self.configurations()[kind]?["defaults"]?.members)
        let keys = try #require(Family(modelType: kind)).facts.declared(kind)
        // Derived from other keys where they are absent, or off by another key.
        let derived: Set = ["n_inner", "head_dim", "num_key_value_heads", "sliding_window", "is_encoder_decoder"]
        for (key, value) in defaults {
            switch keys.rules[key] {
            case .read(let absent?)? where !derived.contains(key):
                #expect(absent.double == value.double && (absent.double != nil || absent == value), "\(kind): \(key)")
            case .only(let values)?:
                #expect(value == .null || values.contains(value), "\(kind): \(key) is \(value) by default")
            default: break
            }
        }
        // Reading a configuration without a key gives what it gives with transformers' default, or is refused.
        let whole = try members(kind)
        for (key, value) in defaults where keys.rules[key] != nil && value != .null {
            var without = whole
            without[key] = nil
            var with = whole
            with[key] = value
            guard let left = try? shape(without, kind), let right = try? shape(with, kind) else { continue }
            if key == "head_dim", kind == "llama" || kind == "mistral" { continue }
            #expect(left == right, "\(kind) without \(key)")
        }
    }

    /// A value of every key that is not computed is refused, by the key's name.
    @Test(arguments: [
        ("llama", "hidden_act", JSONNode.text("relu")), ("smollm3", "attention_bias", .flag(true)),
        ("smollm3", "mlp_bias", .flag(true)), ("smollm3", "use_sliding_window", .flag(true)),
        ("granite", "hidden_act", .text("gelu")), ("llama", "attention_multiplier", .number(0.5)),
        ("llama", "logits_scaling", .integer(8)), ("llama", "partial_rotary_factor", .number(0.5)),
        ("llama", "sliding_window", .integer(8)), ("llama", "use_bidirectional_attention", .flag(true)),
        ("llama", "is_causal", .flag(false)), ("mistral", "hidden_act", .text("gelu")),
        ("qwen2", "hidden_act", .text("gelu")), ("qwen3", "attention_bias", .flag(true)),
        ("gemma3_text", "final_logit_softcapping", .number(30)), ("gemma3_text", "attn_logit_softcapping", .number(50)),
        ("gemma3_text", "hidden_activation", .text("relu")),
        ("gemma3_text", "use_bidirectional_attention", .flag(true)),
        ("gemma3_text", "attention_bias", .flag(true)), ("gpt2", "scale_attn_by_inverse_layer_idx", .flag(true)),
        ("gpt2", "scale_attn_weights", .flag(false)), ("gpt2", "activation_function", .text("relu")),
        ("gpt2", "add_cross_attention", .flag(true)), ("phi3", "attention_bias", .flag(true)),
        ("phi3", "hidden_act", .text("gelu")), ("granitemoehybrid", "num_local_experts", .integer(4)),
        ("granitemoehybrid", "position_embedding_type", .text("alibi")),
        ("granitemoehybrid", "layer_types", .list([.text("mamba"), .text("attention")])),
        ("olmo2", "attention_bias", .flag(true)), ("olmo2", "sliding_window", .integer(8)),
        ("olmo3", "hidden_act", .text("relu")), ("lfm2", "conv_bias", .flag(true)),
        ("lfm2", "tie_embedding", .flag(false)), ("lfm2", "conv_L_cache", .integer(1)),
        ("lfm2", "conv_L_cache", .integer(9)), ("lfm2", "layer_types", .list([.text("conv"), .text("mamba")])),
        ("gemma4_text", "enable_moe_block", .flag(true)), ("gemma4_text", "attention_bias", .flag(true)),
        ("gemma4_text", "use_bidirectional_attention", .text("all")), ("gemma4_text", "hidden_act", .text("silu")),
        ("gemma4_text", "hidden_activation", .text("relu")), ("gemma4_text", "rope_theta", .integer(5000)),
        ("gemma4_text", "num_kv_shared_layers", .integer(5)),
        ("gemma4_text", "vocab_size_per_layer_input", .integer(8)),
        ("gemma4_text", "per_layer_config", .object(["1": .object(["head_dim": .integer(4)])])),
        ("gemma4_text", "per_layer_config", .object(["6": .object([:])])),
        ("lfm2", "theta", .integer(5000)), ("lfm2", "use_pos_enc", .flag(false)),
        ("lfm2", "block_ffn_dim_multiplier", .number(1e9)), ("lfm2", "rms_norm_eps", .number(1e-5)),
        ("qwen3_5_text", "attention_bias", .flag(true)), ("qwen3_5_text", "attn_output_gate", .flag(false)),
        ("qwen3_5_text", "hidden_act", .text("gelu")), ("qwen3_5_text", "num_experts", .integer(8)),
        ("qwen3_5_text", "layer_types", .list([.text("linear_attention"), .text("mamba")])),
        ("qwen3_5_text", "linear_conv_kernel_dim", .integer(9)),
        ("qwen3_5_text", "linear_num_value_heads", .integer(3)),
        ("qwen3_5_text", "linear_key_head_dim", .integer(1028)),
        ("qwen3_5_text", "linear_value_head_dim", .integer(1028)),
    ])
    func whatIsNotComputedIsRefusedByName(kind: String, key: String, value: JSONNode) throws {
        var config = try members(kind)
        config[key] = value
        let fault = #expect(throws: ModelFailure.self) { try shape(config, kind) }
        #expect(fault?.place == "config.json, \(key)", "\(fault?.description ?? "")")
    }

    /// A key that says nothing, or that a training tool left behind, keeps no model out.
    @Test func harmlessAndUnsetKeysPass() throws {
        for kind in Self.kinds {
            var config = try members(kind)
            let plain = try shape(config, kind)
            config["unsloth_version"] = .text("2025.1")
            config["use_something_new"] = .flag(false)
            config["something_scaling"] = .null
            config["experts"] = .integer(0)
            config["_name_or_path"] = .text("/home/me/model")
            config["temperature"] = .number(0.6)
            #expect(try shape(config, kind) == plain)
        }
        let names = DeclaredKeys.harmless.flatMap(\.keys)
        #expect(Set(names).count == names.count && DeclaredKeys.harmless.allSatisfy { !$0.why.isEmpty })
    }

    /// `layer_types` says which layers slide; `max_window_layers` only where it is absent.
    @Test func layerTypesComeFirst() throws {
        var config = try members("qwen2")
        config["use_sliding_window"] = .flag(true)
        config["sliding_window"] = .integer(8)
        config["max_window_layers"] = .integer(1)
        config["layer_types"] = nil
        #expect(try shape(config, "qwen2").slides == [false, true])
        config["layer_types"] = .list([.text("sliding_attention"), .text("full_attention")])
        #expect(try shape(config, "qwen2").slides == [true, false])
        config["use_sliding_window"] = .flag(false)
        #expect(throws: ModelFailure.self) { try shape(config, "qwen2") }
        config["layer_types"] = .list([.text("linear_attention"), .text("full_attention")])
        #expect(throws: ModelFailure.self) { try shape(config, "qwen2") }
        config["layer_types"] = .list([.text("full_attention")])
        #expect(throws: ModelFailure.self) { try shape(config, "qwen2") }
        // Absent keys are those of the class: the window is 4096, and begins after layer 28.
        for key in ["layer_types", "sliding_window", "max_window_layers"] { config[key] = nil }
        config["use_sliding_window"] = .flag(true)
        #expect(try shape(config, "qwen2").window == 0)
        var mistral = try members("mistral")
        mistral["sliding_window"] = nil
        #expect(try shape(mistral, "mistral").window == 4096)
        mistral["sliding_window"] = .null
        #expect(try shape(mistral, "mistral").window == 0)
    }

    /// Folders of LFM2 say in several ways which layers convolve and how wide feed-forward parts are.
    @Test func convolutionsAndWidthsInBothSpellings() throws {
        var config = try members("lfm2")
        #expect(try shape(config, "lfm2").convolutions == [true, false, true, true])
        config["layer_types"] = nil
        config["full_attn_idxs"] = .list([.integer(1), .integer(3)])
        #expect(try shape(config, "lfm2").convolutions == [true, false, true, false])
        for list: JSONNode in [.list([.integer(4)]), .list([.text("1")]), .integer(1)] {
            config["full_attn_idxs"] = list
            let fault = #expect(throws: ModelFailure.self) { try shape(config, "lfm2") }
            #expect(fault?.place == "config.json, full_attn_idxs")
        }
        // Without either every layer attends.
        config["full_attn_idxs"] = .null
        #expect(try shape(config, "lfm2").convolutions.isEmpty)
        func hidden(_ change: [String: JSONNode?]) throws -> Int {
            var members = config
            for (key, value) in change { members[key] = value }
            return try shape(members, "lfm2").hidden
        }
        // Source: transformers' `Lfm2MLP`; the older name of the width comes first.
        #expect(try hidden(["intermediate_size": .integer(12_288), "block_multiple_of": .integer(256)]) == 8192)
        #expect(try hidden(["block_ff_dim": .integer(6912), "block_multiple_of": .integer(256)]) == 4608)
        #expect(try hidden(["block_ffn_dim_multiplier": .number(1.3), "block_ff_dim": .integer(100)]) == 88)
        #expect(try hidden(["block_ffn_dim_multiplier": .null, "block_ff_dim": .integer(100)]) == 66)
        #expect(try hidden(["block_auto_adjust_ff_dim": .flag(false), "block_ff_dim": .integer(100)]) == 100)
    }

    /// Both spellings of rotary positions, with the same meaning.
    @Test func rotaryPositionsInBothSpellings() throws {
        var config = try members("llama")
        func rope(_ change: [String: JSONNode?]) throws -> ModelConfiguration.Rope? {
            var members = config
            for key in ["rope_theta", "rope_scaling", "rope_parameters"] { members[key] = nil }
            for (key, value) in change { members[key] = value }
            return try shape(members, "llama").rope
        }
        let linear: [String: JSONNode] = ["rope_type": .text("linear"), "factor": .integer(4)]
        let wanted = ModelConfiguration.Rope(base: 5000, scaling: .linear(factor: 4))
        #expect(try rope(["rope_theta": .integer(5000), "rope_scaling": .object(linear)]) == wanted)
        #expect(
            try rope(["rope_parameters": .object(linear.merging(["rope_theta": .integer(5000)]) { $1 })]) == wanted)
        #expect(try rope(["rope_theta": .integer(5000), "rope_parameters": .object(linear)]) == wanted)
        #expect(try rope([:]) == .init(base: 10_000))
        #expect(try rope(["rope_scaling": .null]) == .init(base: 10_000))
        for kind in ["yarn", "dynamic", "longrope"] {
            let scaling: JSONNode = .object(["rope_type": .text(kind), "factor": .integer(4)])
            #expect(throws: ModelFailure.self) { try rope(["rope_scaling": scaling]) }
        }
        // A factor without a type, and what a type does not have.
        #expect(throws: ModelFailure.self) { try rope(["rope_scaling": .object(["factor": .integer(4)])]) }
        #expect(throws: ModelFailure.self) {
            try rope(["rope_parameters": .object(["mrope_section": .list([.integer(1)])])])
        }
        config = try members("gemma3_text")
        config["rope_parameters"] = nil
        config["rope_scaling"] = .object(linear)
        let older = try shape(config, "gemma3_text")
        #expect(older.rope == .init(base: 1_000_000, scaling: .linear(factor: 4)) && older.slidingRope?.base == 10_000)
        config["rope_scaling"] = nil
        config["rope_parameters"] = .object([
            "full_attention": .object(linear), "sliding_attention": .object(["rope_type": .text("default")]),
        ])
        #expect(try shape(config, "gemma3_text") == older)
        config["rope_parameters"] = .object(linear)
        #expect(throws: ModelFailure.self) { try shape(config, "gemma3_text") }
    }
}
