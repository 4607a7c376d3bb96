import Foundation
import Tensors
import TestSupport
import Testing
import WeightFiles

@testable import Transformers

/// What is Gemma 4's alone: keys and values of other layers, heads that differ from layer to layer, inputs of layers'
/// own, and how its files say so.
@Suite struct Gemma4Tests {
    private static let kinds = ["gemma4", "gemma4-wide"]

    private func model(_ kind: String) throws -> Model {
        try Model(huggingFace: HuggingFaceFolder(path: TestSupport.fixture("families/\(kind)")))
    }

    /// A copy of the fixture with other tensors beside its own, and other keys.
    private func copy(
        _ kind: String, without gone: [String] = [], more: [TensorSource] = [],
        keys: (inout [String: Any]) -> Void = { _ in }
    ) throws -> String {
        let fixture = TestSupport.fixture("families/\(kind)")
        let folder = NSTemporaryDirectory() + "/gemma4-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let own = try HuggingFaceFolder(path: fixture).tensors.filter { !gone.contains($0.key) }
        try SafetensorsWriter.write(
            own.sorted { $0.key < $1.key }.map {
                TensorSource(name: $0.key, shape: $0.value.shape, type: .bf16, values: $0.value.floats())
            } + more, to: folder + "/model.safetensors")
        let data = try Data(contentsOf: URL(filePath: fixture + "/config.json"))
        var config = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        keys(&config)
        try JSONSerialization.data(withJSONObject: config).write(to: URL(filePath: folder + "/config.json"))
        return folder
    }

    private func configuration(_ folder: String) throws -> ModelConfiguration {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        return try Model(huggingFace: HuggingFaceFolder(path: folder)).configuration
    }

    @Test func theShapesDifferFromLayerToLayer() throws {
        let c = try model("gemma4").configuration
        #expect((0..<6).map(c.source) == [0, 1, 2, 1, 1, 2])
        #expect((0..<6).map(c.isShared) == [false, true, true, false, false, false])
        #expect((0..<6).map { c.headSize($0) } == [8, 8, 12, 8, 8, 12])
        #expect((0..<6).map { c.hidden($0) } == [24, 24, 24, 48, 48, 48])
        #expect(c.queryWidth == 48 && c.keyWidth == 24 && c.perLayerWidth == 8 && c.logitCap == 6)
        // Layers that attend to another's keep nothing.
        #expect(KeyValueCache.bytesPerToken(c) == 4 * (2 * 16 + 2 * 16 + 2 * 24))
        #expect(KeyValuePages(c, budget: PageBudget(limit: 0)).pageBytes == 16 * KeyValueCache.bytesPerToken(c))
        let wide = try model("gemma4-wide").configuration
        #expect(wide.kvHeads(0) == 2 && wide.kvHeads(1) == 1 && wide.keyWidth(1) == 16 && wide.sharedLayers == 0)
        #expect(!wide.has(.v, in: 1) && wide.has(.v, in: 0) && wide.has(.k, in: 1))
    }

    /// transformers writes what differs layer by layer; Google's folders have keys of their own for it.
    @Test(arguments: kinds)
    func bothSpellingsAreTheSameModel(kind: String) throws {
        let wanted = try model(kind).configuration
        let folder = try copy(kind) {
            $0["per_layer_config"] = nil
            $0["global_head_dim"] = kind == "gemma4" ? 12 : 16
            $0["num_global_key_value_heads"] = kind == "gemma4" ? NSNull() : 1
        }
        #expect(try configuration(folder) == wanted)
        // Without the sharing of projections transformers passes the number over.
        let plain = try copy(
            "gemma4-wide",
            more: [
                TensorSource(
                    name: "model.layers.1.self_attn.v_proj.weight", shape: [32, 16],
                    values: [Float](repeating: 0.1, count: 512))
            ],
            keys: {
                $0["per_layer_config"] = nil
                $0["attention_k_eq_v"] = false
                ($0["global_head_dim"], $0["num_global_key_value_heads"]) = (16, 1)
            })
        let fault = #expect(throws: ModelFailure.self) { try configuration(plain) }
        #expect(fault?.place.contains("model.layers.1.self_attn.k_proj") == true)
    }

    /// Published files hold projections of layers that do not use them; transformers and llama.cpp pass them over.
    @Test func whatSharedLayersDoNotUseIsPassedOver() throws {
        let prefix = "model.layers.4.self_attn."
        let more = [("k_proj.weight", [16, 16]), ("v_proj.weight", [16, 16]), ("k_norm.weight", [8])].map {
            TensorSource(name: prefix + $0.0, shape: $0.1, values: [Float](repeating: 0.5, count: $0.1.reduce(1, *)))
        }
        #expect(try configuration(copy("gemma4", more: more)) == model("gemma4").configuration)
        let expert = TensorSource(
            name: "model.layers.4.router.scale", shape: [16], values: [Float](repeating: 1, count: 16))
        let fault = #expect(throws: ModelFailure.self) { try configuration(copy("gemma4", more: [expert])) }
        #expect(fault?.place.hasSuffix(", model.layers.4.router.scale") == true)
        // A scale that is not there is one.
        let bare = try copy("gemma4", without: ["model.layers.3.layer_scalar"])
        defer { try? FileManager.default.removeItem(atPath: bare) }
        #expect(try Model(huggingFace: HuggingFaceFolder(path: bare)).weights.layers[3].scalar == 1)
        #expect(try model("gemma4").weights.layers[3].scalar != 1)
    }

    /// Where the lowest trained layer lies above those whose keys it attends to, gradients are those of training all.
    @Test(arguments: [1, 2, 3, 5])
    func theLastLayersLearnTheSame(firstLayer: Int) throws {
        let model = try model("gemma4")
        let rows = [23, 14].map { count in
            TokenSequence(ids: (0..<count).map { Int32(3 + $0 * 11 % 60) }, weights: (0..<count).map { _ in 1 })
        }
        func gradients(_ first: Int) throws -> (Adapter, FloatBuffer) {
            let adapter = try Adapter(
                AdapterLayout(rank: 2, scale: 0.5, targets: Projection.allCases, firstLayer: first), for: model)
            for place in adapter.places where place.layer >= firstLayer {
                adapter.set(
                    place, a: (0..<2 * place.inner).map { 0.2 * Float(cos(Double($0 + place.layer))) },
                    b: (0..<2 * place.outer).map { 0.2 * Float(sin(Double($0 + place.layer))) })
            }
            let found = try FloatBuffer(adapter.count)
            let runner = try Transformer(model, adapter: adapter, team: ThreadTeam(threads: 2), training: true)
            _ = try runner.train(TokenTree(rows), scale: 1, into: found)
            return (adapter, found)
        }
        let (all, wanted) = try gradients(0)
        let (last, found) = try gradients(firstLayer)
        for place in last.places {
            let other = try #require(all.place(place.layer, place.projection))
            for index in 0..<2 * (place.inner + place.outer) {
                #expect(found.pointer[place.a + index] == wanted.pointer[other.a + index], "\(place)")
            }
        }
    }

    /// What llama.cpp cannot be told is refused, and it is said how to take the model elsewhere.
    @Test func whatLlamaCppWouldRunDifferentlyIsRefused() throws {
        var c = try model("gemma4").configuration
        let keys = try Gemma4.ggufKeys(c, place: "m").map(\.0)
        #expect(keys.contains("attention.shared_kv_layers") && keys.contains("final_logit_softcapping"))
        func refusal(_ change: (inout ModelConfiguration) -> Void) -> ExportFailure? {
            var other = c
            change(&other)
            return #expect(throws: ExportFailure.self) { try Gemma4.ggufKeys(other, place: "m") }
        }
        #expect(refusal { $0.slides = [false, true, true, true, true, false] }?.remedy.contains("Hugging Face") != nil)
        #expect(refusal { $0.slides = [true, false, true, true, true, false] } != nil)
        #expect(refusal { $0.slidingRope?.scaling = .linear(factor: 2) } != nil)
        c.slides = [Bool](repeating: false, count: 6)
        #expect(throws: ExportFailure.self) { try Gemma4.ggufKeys(c, place: "m") }
        c = try model("gemma4").configuration
        c.sharedHidden = 30
        #expect(throws: ExportFailure.self) { try Gemma4.configKeys(c, place: "m") }
    }
}
