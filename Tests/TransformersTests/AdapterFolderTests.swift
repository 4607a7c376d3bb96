import Foundation
import TestSupport
import Testing
import WeightFiles

@testable import Transformers

/// Adapters of others: what their configuration says is honoured, or refused by name.
@Suite struct AdapterFolderTests {
    let sandbox: Sandbox
    let model: Model
    let adapter: Adapter

    init() throws {
        sandbox = try Sandbox()
        model = try Model(huggingFace: HuggingFaceFolder(path: TestSupport.fixture("families/llama")))
        adapter = try Adapter(AdapterLayout(rank: 2, scale: 2, targets: [.q, .v]), for: model)
        for place in adapter.places {
            adapter.set(
                place, a: (0..<2 * place.inner).map { Float($0 % 5) - 2 },
                b: (0..<2 * place.outer).map { Float($0 % 3) - 1 })
        }
    }

    /// The adapter as a folder, with more in its configuration.
    private func folder(_ more: [String: Any]) throws -> String {
        let path = sandbox.root + "/" + UUID().uuidString
        try AdapterFolder.write(adapter, of: model, base: "b", to: path)
        let file = URL(filePath: path + "/adapter_config.json")
        var config = try #require(JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
        config.merge(more) { $1 }
        try JSONSerialization.data(withJSONObject: config).write(to: file)
        return path
    }

    private func factors(_ adapter: Adapter, _ place: AdapterLayout.Place) -> [Float] {
        adapter.b(place).map { $0 * adapter.layout.scale }
    }

    /// peft takes a module by the end of its name, which attention and a convolution share in part.
    @Test func modulesOfAConvolutionAreTakenByMoreOfTheirNames() throws {
        let model = try Model(huggingFace: HuggingFaceFolder(path: TestSupport.fixture("families/lfm2")))
        for (targets, names) in [
            ([.q, .o, .convIn, .down], ["in_proj", "q_proj", "self_attn.out_proj", "w2"]),
            ([.convOut], ["conv.out_proj"]),
        ] as [([Projection], [String])] {
            let path = sandbox.root + "/" + UUID().uuidString
            let adapter = try Adapter(AdapterLayout(rank: 2, scale: 2, targets: targets), for: model)
            for index in 0..<adapter.count { adapter.values.pointer[index] = Float(index % 7) - 3 }
            try AdapterFolder.write(adapter, of: model, base: "b", to: path)
            let config = try HuggingFaceFolder.json("adapter_config.json", in: path)
            #expect(config["target_modules"]?.list?.compactMap(\.string) == names)
            let back = try AdapterFolder.read([path], for: model)
            #expect(back.count == adapter.count)
            #expect((0..<back.count).allSatisfy { back.values.pointer[$0] == adapter.values.pointer[$0] })
        }
    }

    @Test func patternsOfAlphaAreHonoured() throws {
        let plain = try AdapterFolder.read([folder([:])], for: model)
        let key = try #require(plain.places.first { $0.projection == .q && $0.layer == 1 })
        let other = try #require(plain.places.first { $0.projection == .v })
        for pattern in [
            "q_proj", "layers.1.self_attn.q_proj", #"^model\.layers\.\d+\.self_attn\.q_proj"#, "self_attn.[qk]_proj",
        ] {
            let read = try AdapterFolder.read([folder(["alpha_pattern": [pattern: 8]])], for: model)
            // Twice the alpha that the folder has for the others.
            #expect(factors(read, key) == factors(plain, key).map { $0 * 2 }, "\(pattern)")
            #expect(factors(read, other) == factors(plain, other), "\(pattern)")
        }
        let twice = try folder(["alpha_pattern": ["q_proj": 8, "self_attn.q_proj": 16]])
        #expect(throws: ModelFailure.self) { try AdapterFolder.read([twice], for: model) }
        #expect(throws: Never.self) { try AdapterFolder.read([folder(["rank_pattern": ["q_proj": 2]])], for: model) }
        #expect(throws: ModelFailure.self) {
            try AdapterFolder.read([folder(["rank_pattern": ["q_proj": 4]])], for: model)
        }
    }

    @Test(arguments: [
        "lora_bias", "use_dora", "layer_replication", "trainable_token_indices", "target_parameters", "modules_to_save",
    ])
    func whatIsNotComputedIsRefused(key: String) throws {
        let value: Any = ["lora_bias", "use_dora"].contains(key) ? true : ["x"]
        let fault = #expect(throws: ModelFailure.self) {
            try AdapterFolder.read([folder([key: value])], for: model)
        }
        #expect(fault?.place.contains(key) == true)
    }

    @Test func factorsWithoutAPartnerAreRefused() throws {
        let path = try folder([:])
        let file = path + "/adapter_model.safetensors"
        let tensors = try SafetensorsFile(path: file).tensors.values.map {
            TensorSource(name: $0.name, shape: $0.shape, values: $0.floats())
        }
        let bias = TensorSource(
            name: "base_model.model.model.layers.0.self_attn.q_proj.lora_B.bias", shape: [16],
            values: [Float](repeating: 1, count: 16))
        try FileManager.default.removeItem(atPath: file)
        try SafetensorsWriter.write(tensors + [bias], to: file)
        let fault = #expect(throws: ModelFailure.self) { try AdapterFolder.read([path], for: model) }
        #expect(fault?.place.contains("lora_B.bias") == true)
    }
}
