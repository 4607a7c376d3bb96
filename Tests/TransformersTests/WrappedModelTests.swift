import Foundation
import JSONDocument
import Tensors
import TestSupport
import Testing
import WeightFiles

@testable import Transformers

/// Folders of models that also see: the language model in them is the one that the engine runs.
@Suite struct WrappedModelTests {
    private let fixture = TestSupport.fixture("families/gemma3-wrapped")

    /// A copy of the fixture with other names of tensors and other keys.
    private func copy(names: (String) -> String = { $0 }, keys: (inout [String: Any]) -> Void = { _ in }) throws
        -> String
    {
        let folder = NSTemporaryDirectory() + "/wrapped-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let source = try HuggingFaceFolder(path: fixture)
        try SafetensorsWriter.write(
            source.tensors.sorted { $0.key < $1.key }.map {
                TensorSource(name: names($0.key), shape: $0.value.shape, type: .bf16, values: $0.value.floats())
            }, to: folder + "/model.safetensors")
        let data = try Data(contentsOf: URL(filePath: fixture + "/config.json"))
        var config = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        keys(&config)
        try JSONSerialization.data(withJSONObject: config).write(to: URL(filePath: folder + "/config.json"))
        return folder
    }

    private func losses(_ folder: String) throws -> [Float] {
        let model = try Model(huggingFace: HuggingFaceFolder(path: folder))
        let tree = TokenTree([TokenSequence(ids: [3, 9, 27, 14, 42, 60, 5, 15], weights: [1, 1, 1, 1, 1, 1, 1, 1])])
        return try Transformer(model, team: ThreadTeam(threads: 1)).score(tree).map(\.loss)
    }

    /// transformers 4 wrote other names, and publishers left out of `text_config` what its class says anyway.
    @Test func theOlderSpellingIsTheSameModel() throws {
        let wanted = try losses(fixture)
        let folder = try copy(
            names: {
                $0.replacing("model.language_model.", with: "language_model.model.")
                    .replacing("model.vision_tower.", with: "vision_tower.")
                    .replacing("model.multi_modal_projector.", with: "multi_modal_projector.")
            },
            keys: { config in
                var text = config["text_config"] as? [String: Any] ?? [:]
                for key in ["tie_word_embeddings", "rope_parameters", "hidden_activation"] { text[key] = nil }
                text["rope_theta"] = 1_000_000
                text["rope_local_base_freq"] = 10_000
                config["text_config"] = text
            })
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let model = try Model(huggingFace: HuggingFaceFolder(path: folder))
        #expect(model.moduleRoot == "model.language_model." && model.configuration.tied)
        let found = try losses(folder)
        #expect(found == wanted)
    }

    @Test func whatIsNotKnownIsRefused() throws {
        func failure(_ keys: (inout [String: Any]) -> Void) throws -> ModelFailure? {
            let folder = try copy(keys: keys)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            return #expect(throws: ModelFailure.self) { try Model(huggingFace: HuggingFaceFolder(path: folder)) }
        }
        #expect(try failure { $0["text_config"] = nil }?.place.hasSuffix(", text_config") == true)
        #expect(try failure { $0["new_scaling"] = 2 }?.place.hasSuffix(", new_scaling") == true)
        #expect(try failure { $0["architectures"] = ["Gemma3ForSequenceClassification"] } != nil)
        #expect(try failure { $0["tie_word_embeddings"] = false }?.place.hasSuffix(", tie_word_embeddings") == true)
        let inner = try failure {
            var text = $0["text_config"] as? [String: Any] ?? [:]
            text["final_logit_softcapping"] = 30
            $0["text_config"] = text
        }
        #expect(inner?.place.hasSuffix(", text_config, final_logit_softcapping") == true)
    }

    /// peft finds the modules of a wrapped model deeper, and the adapter is read back.
    @Test func adaptersHaveTheNamesThatPeftLooksFor() throws {
        let model = try Model(huggingFace: HuggingFaceFolder(path: fixture))
        let adapter = try Adapter(AdapterLayout(rank: 2, scale: 1, targets: [.q, .down]), for: model)
        for index in 0..<adapter.count { adapter.values.pointer[index] = Float(index % 7) / 8 }
        let folder = NSTemporaryDirectory() + "/wrapped-adapter-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try AdapterFolder.write(adapter, of: model, base: "b", to: folder)
        let names = try SafetensorsFile(path: folder + "/adapter_model.safetensors").tensors.keys
        #expect(
            names.contains("base_model.model.model.language_model.layers.0.self_attn.q_proj.lora_A.weight"))
        let back = try AdapterFolder.read([folder], for: model)
        for place in adapter.places {
            let own = try #require(back.place(place.layer, place.projection))
            #expect(back.a(own) == adapter.a(place) && back.b(own) == adapter.b(place))
        }
    }
}
