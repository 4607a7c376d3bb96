import Foundation
import JSONDocument
import Tensors
import TestSupport
import Testing
import WeightFiles

@testable import Transformers

/// A folder or a file that is not one whole model is refused, and the message says what it is.
@Suite struct WholeModelTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    /// A copy of a family's fixture, changed.
    private func folder(_ kind: String, config change: (inout [String: Any]) -> Void = { _ in }) throws -> String {
        let path = sandbox.root + "/" + UUID().uuidString
        try FileManager.default.copyItem(atPath: TestSupport.fixture("families/\(kind)"), toPath: path)
        let file = URL(filePath: path + "/config.json")
        var config = try #require(JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
        change(&config)
        try JSONSerialization.data(withJSONObject: config).write(to: file)
        return path
    }

    /// The folder's tensors under other names, or without some.
    private func rename(_ folder: String, _ name: (String) -> String?) throws {
        let file = folder + "/model.safetensors"
        let tensors = try SafetensorsFile(path: file).tensors.values.compactMap { tensor in
            name(tensor.name).map { TensorSource(name: $0, shape: tensor.shape, values: tensor.floats()) }
        }
        try FileManager.default.removeItem(atPath: file)
        try SafetensorsWriter.write(tensors, to: file)
    }

    private func refusal(_ folder: String) -> String {
        do {
            _ = try Model(huggingFace: HuggingFaceFolder(path: folder))
            return "none"
        } catch { return "\(error)" }
    }

    @Test func aLostHeadIsRefusedUnlessItIsTied() throws {
        let untied = try folder("llama")
        try rename(untied) { $0 == "lm_head.weight" ? nil : $0 }
        #expect(refusal(untied).contains("lm_head.weight") && refusal(untied).contains("at random"))
        // Absent, the key means what the class means.
        let absent = try folder("llama") { $0["tie_word_embeddings"] = nil }
        #expect(refusal(absent) == "none")
        try rename(absent) { $0 == "lm_head.weight" ? nil : $0 }
        #expect(refusal(absent).contains("lm_head.weight"))
        for kind in ["gpt2", "gemma3"] {
            #expect(refusal(try folder(kind) { $0["tie_word_embeddings"] = nil }) == "none", "\(kind) is tied")
        }
        // Tied by word, with a head of its own all the same.
        let both = try folder("llama") { $0["tie_word_embeddings"] = true }
        #expect(refusal(both).contains("tie_word_embeddings"))
    }

    @Test func tensorsWithoutAUseAreRefused() throws {
        let extra = try folder("llama")
        try rename(extra) { $0 == "model.norm.weight" ? "model.layers.9.self_attn.q_proj.weight" : $0 }
        #expect(refusal(extra).contains("layers.9"))
        let sinks = try folder("qwen3") {
            $0["num_hidden_layers"] = 1; $0["layer_types"] = nil
        }
        #expect(refusal(sinks).contains("no use for this tensor"))
        for (prefix, word) in [
            ("_orig_mod.", "compiled"), ("module.", "several devices"), ("base_model.model.", "LoRA"),
        ] {
            let wrapped = try folder("llama")
            try rename(wrapped) { prefix + $0 }
            #expect(refusal(wrapped).contains(word), "\(refusal(wrapped))")
        }
        let unmerged = try folder("llama")
        try rename(unmerged) { $0.replacing("q_proj.weight", with: "q_proj.base_layer.weight") }
        #expect(refusal(unmerged).contains("merge_and_unload"))
        let sized = try folder("llama") { $0["vocab_size"] = 70 }
        #expect(refusal(sized).contains("vocab_size"))
    }

    @Test func otherClassesAndOwnCodeAreRefused() throws {
        let classes = try folder("llama") { $0["architectures"] = ["LlamaForSequenceClassification"] }
        #expect(refusal(classes).contains("LlamaForSequenceClassification"))
        #expect(refusal(try folder("llama") { $0["architectures"] = ["LlamaModel"] }) == "none")
        let code = try folder("llama") { $0["auto_map"] = ["AutoModelForCausalLM": "modeling_x.X"] }
        #expect(refusal(code).contains("code of its own"))
        // The class that transformers has by now, as the first folders of Phi-3 brought it.
        let known = try folder("llama") { $0["auto_map"] = ["AutoModelForCausalLM": "modeling_llama.LlamaForCausalLM"] }
        #expect(refusal(known) == "none")
        for key in ["quantization_config", "quantization"] {
            #expect(refusal(try folder("llama") { $0[key] = ["bits": 4] }).contains("quantised"))
        }
    }

    @Test func twoSetsOfWeightsAreRefused() throws {
        let two = try folder("llama")
        try Data("{\"weight_map\": {}}".utf8).write(to: URL(filePath: two + "/model.safetensors.index.json"))
        #expect(refusal(two).contains("two sets of weights"))
        let beside = try folder("llama")
        try Data("{}".utf8).write(to: URL(filePath: beside + "/adapter_config.json"))
        #expect(refusal(beside).contains("LoRA adapter lies beside"))
        let other = try folder("llama")
        try FileManager.default.copyItem(
            atPath: other + "/model.safetensors", toPath: other + "/consolidated.safetensors")
        #expect(refusal(other) == "none", "the weights of another program's format are not read")
    }

    @Test func whatADownloadLeftBehindIsNamed() throws {
        let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:a1\nsize 269060552\n"
        for (text, word) in [(pointer, "git lfs pull"), ("\n<!DOCTYPE html><html></html>", "HTML page")] {
            let path = try folder("llama")
            try Data(text.utf8).write(to: URL(filePath: path + "/model.safetensors"))
            #expect(refusal(path).contains(word), "\(refusal(path))")
            let file = sandbox.root + "/x.gguf"
            try Data(text.utf8).write(to: URL(filePath: file))
            let fault = #expect(throws: WeightFileError.self) { try GGUFFile(path: file) }
            #expect(fault?.description.contains(word) == true)
        }
    }

    /// A GGUF of a tiny Llama, with more or other metadata.
    private func gguf(_ more: [(String, GGUFWriter.Value)], without: Set<String> = []) throws -> GGUFFile {
        let c = (width: 16, hidden: 24, vocabulary: 11)
        func matrix(_ name: String, _ rows: Int, _ columns: Int) -> TensorSource {
            TensorSource(
                name: name + ".weight", shape: [rows, columns],
                values: (0..<rows * columns).map { Float($0 % 7) / 7 - 0.4 })
        }
        func norm(_ name: String) -> TensorSource {
            TensorSource(name: name + ".weight", shape: [c.width], values: [Float](repeating: 1, count: c.width))
        }
        let tensors = [
            matrix("token_embd", c.vocabulary, c.width), norm("output_norm"), norm("blk.0.attn_norm"),
            norm("blk.0.ffn_norm"), matrix("blk.0.attn_q", c.width, c.width), matrix("blk.0.attn_k", 8, c.width),
            matrix("blk.0.attn_v", 8, c.width), matrix("blk.0.attn_output", c.width, c.width),
            matrix("blk.0.ffn_gate", c.hidden, c.width), matrix("blk.0.ffn_up", c.hidden, c.width),
            matrix("blk.0.ffn_down", c.width, c.hidden),
        ]
        let metadata: [(String, GGUFWriter.Value)] = [
            ("general.architecture", .text("llama")), ("llama.context_length", .uint32(64)),
            ("llama.embedding_length", .uint32(16)), ("llama.block_count", .uint32(1)),
            ("llama.feed_forward_length", .uint32(24)), ("llama.attention.head_count", .uint32(4)),
            ("llama.attention.head_count_kv", .uint32(2)),
            ("llama.attention.layer_norm_rms_epsilon", .float32(1e-5)),
        ]
        let path = sandbox.root + "/" + UUID().uuidString + ".gguf"
        try GGUFWriter.write(
            tensors.filter { !without.contains($0.name) },
            metadata: metadata.filter { entry in !more.contains { $0.0 == entry.0 } } + more, to: path)
        return try GGUFFile(path: path)
    }

    @Test func metadataThatIsNotComputedIsRefused() throws {
        #expect(try Model(gguf: gguf([])).configuration.rope == .init(base: 10_000))
        for (key, value): (String, GGUFWriter.Value) in [
            ("llama.rope.scaling.type", .text("yarn")), ("llama.rope.dimension_count", .uint32(2)),
            ("llama.attention.value_length", .uint32(8)), ("llama.expert_count", .uint32(8)),
            ("llama.attention.sliding_window", .uint32(8)), ("llama.logit_scale", .float32(0.5)),
            ("llama.attention.scale", .float32(0.1)), ("llama.attention.causal", .flag(false)),
        ] {
            let fault = #expect(throws: ModelFailure.self, "\(key)") { try Model(gguf: gguf([(key, value)])) }
            #expect(fault?.place.contains(key.dropFirst(6)) == true, "\(fault?.description ?? key)")
        }
        // llama.cpp takes a factor without a type as linear.
        let linear = try Model(gguf: gguf([("llama.rope.scaling.factor", .float32(4))]))
        #expect(linear.configuration.rope?.scaling == .linear(factor: 4))
        let none = try Model(
            gguf: gguf([("llama.rope.scaling.type", .text("none")), ("llama.rope.scaling.factor", .float32(4))]))
        #expect(none.configuration.rope?.scaling == ModelConfiguration.Rope.Scaling.none)
    }

    @Test func partsAndCompanionsOfModelsAreNamed() throws {
        for (key, value, word): (String, GGUFWriter.Value, String) in [
            ("split.count", .uint32(2), "with the others beside it"),
            ("general.type", .text("adapter"), "LoRA adapter"),
            ("general.type", .text("mmproj"), "projector"), ("general.type", .text("vocab"), "'vocab'"),
        ] {
            let fault = #expect(throws: ModelFailure.self) { try Model(gguf: gguf([(key, value)])) }
            #expect(fault?.description.contains(word) == true)
        }
        #expect(throws: Never.self) { try Model(gguf: gguf([("general.type", .text("model"))])) }
    }
}
