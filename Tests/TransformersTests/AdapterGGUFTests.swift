import Foundation
import Tensors
import TestSupport
import Testing
import WeightFiles

@testable import Transformers

/// Adapters as llama.cpp has them: written, read back, and refused where they are no adapter of the model.
@Suite struct AdapterGGUFTests {
    let sandbox: Sandbox

    init() throws { sandbox = try Sandbox() }

    private func adapter(of model: Model, targets: [Projection] = Projection.allCases) throws -> Adapter {
        let adapter = try Adapter(AdapterLayout(rank: 2, scale: 0.75, targets: targets), for: model)
        for index in 0..<adapter.count { adapter.values.pointer[index] = 0.3 * Float(cos(Double(index))) }
        return adapter
    }

    private func losses(_ model: Model, _ adapter: Adapter) throws -> [Float] {
        let ids = (0..<12).map { Int32(3 + $0 * 5 % 60) }
        let tree = TokenTree([TokenSequence(ids: ids, weights: ids.map { _ in 1 })])
        return try Transformer(model, adapter: adapter, team: ThreadTeam(threads: 1)).score(tree).map(\.loss)
    }

    @Test(arguments: FamilyTests.kinds)
    func whatIsWrittenIsReadBack(kind: String) throws {
        let model = try Model(huggingFace: HuggingFaceFolder(path: TestSupport.fixture("families/\(kind)")))
        for targets in [Projection.allCases, [.q, .v, .down]] {
            let adapter = try adapter(of: model, targets: targets)
            let path = sandbox.root + "/adapter.gguf"
            try AdapterGGUF.write(adapter, of: model, name: "b", to: path)
            let back = try AdapterFolder.read([path], for: model)
            #expect(back.places.count == adapter.places.count)
            for place in adapter.places {
                let own = try #require(back.place(place.layer, place.projection))
                #expect(back.places[0].inner > 0 && back.a(own) == adapter.a(place), "\(kind), \(place.projection)")
            }
            for (found, wanted) in try zip(losses(model, back), losses(model, adapter)) {
                #expect(abs(found - wanted) < 1e-5 * max(1, wanted), "\(kind)")
            }
            let file = try GGUFFile(path: path)
            let layout = model.configuration.family.facts.gguf
            #expect(
                Set(file.tensorNames.map { $0.replacing(/\.weight\.lora_[ab]$/, with: "") })
                    == Set(adapter.places.compactMap { layout.name(layout.role(of: $0.projection, layer: $0.layer)) }))
            #expect(file.metadata["general.type"]?.string == "adapter")
        }
    }

    @Test func whatIsNoAdapterOfTheModelIsRefused() throws {
        let fixture = { (kind: String) in TestSupport.fixture("families/\(kind)") }
        let llama = try Model(huggingFace: HuggingFaceFolder(path: fixture("llama")))
        let path = sandbox.root + "/adapter.gguf"
        try AdapterGGUF.write(adapter(of: llama), of: llama, name: "b", to: path)
        let qwen = try Model(huggingFace: HuggingFaceFolder(path: fixture("qwen2")))
        let other = #expect(throws: ModelFailure.self) { try AdapterFolder.read([path], for: qwen) }
        #expect(other?.place.hasSuffix("general.architecture") == true)
        let a = TensorSource(
            name: "blk.0.attn_q.weight.lora_a", shape: [2, 16], values: [Float](repeating: 1, count: 32))
        let stray = TensorSource(name: "token_embd.weight", shape: [1], values: [1])
        let keys: [(String, GGUFWriter.Value)] = [
            ("general.architecture", .text("llama")), ("general.type", .text("adapter")),
            ("adapter.type", .text("lora")),
        ]
        for (tensors, metadata, word) in [
            ([a], keys, "adapter.lora.alpha"), ([a], keys + [("adapter.lora.alpha", .float32(2))], "lora_a"),
            ([stray], keys + [("adapter.lora.alpha", .float32(2))], "token_embd"),
            ([], keys + [("adapter.lora.alpha", .float32(2))], "tensors"),
        ] {
            try GGUFWriter.write(tensors, metadata: metadata, to: path)
            let failure = #expect(throws: ModelFailure.self) { try AdapterFolder.read([path], for: llama) }
            #expect(failure?.place.contains(word) == true, "\(failure?.description ?? "")")
        }
    }
}
