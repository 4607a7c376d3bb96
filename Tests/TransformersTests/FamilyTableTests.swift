import Foundation
import TestSupport
import Testing
import WeightFiles

@testable import Transformers

/// The list of families: each is whole, so that a new one is its own file and its fixture.
@Suite struct FamilyTableTests {
    typealias Family = ModelConfiguration.Family

    /// All roles of a model of `layers` blocks, whether the layout has them or not.
    private func roles(_ layers: Int) -> [TensorLayout.Role] {
        [.embedding, .positions, .finalNorm, .head, .perLayerEmbedding, .perLayerProjection, .perLayerNorm]
            + (0..<layers).flatMap { layer in
                [
                    .fused(layer: layer, 0), .fused(layer: layer, 1), .kernel(layer: layer),
                    .decayRate(layer: layer), .decayBias(layer: layer),
                ]
                    + Projection.allCases.map { .projection(layer: layer, $0) }
                    + BlockNorm.allCases.map { .norm(layer: layer, $0) }
            }
    }

    @Test(arguments: Family.allCases)
    func namesRoundTrip(family: Family) throws {
        for layout in [family.facts.huggingFace, family.facts.gguf] {
            let named = roles(12).compactMap { role in layout.name(role).map { (role, $0) } }
            #expect(Set(named.map(\.1)).count == named.count, "no name twice")
            for (role, name) in named {
                switch role {
                case .decayRate, .decayBias: #expect(layout.role(ofTensor: name)?.role == role, "\(family): \(name)")
                default: #expect(layout.role(name) == role, "\(family): \(name)")
                }
            }
            for role: TensorLayout.Role in [.embedding, .finalNorm, .head] { #expect(layout.name(role) != nil) }
            // Every linear layer is somewhere: alone or in the fused matrix.
            for projection in [Projection.q, .k, .v, .o, .up, .down] {
                #expect(layout.name(.projection(layer: 0, projection)) != nil || layout.fuses(projection))
            }
            #expect(layout.role("model.layers.0.nothing") == nil && layout.role("blk.0.nothing") == nil)
            #expect(layout.role("layers") == nil && layout.role("") == nil && layout.role("h.-1.ln_1") == nil)
        }
        // Both formats hold the same.
        #expect(
            Set(family.facts.huggingFace.norms.map(\.norm)) == Set(family.facts.gguf.norms.map(\.norm)))
        #expect(family.facts.biased.isSubset(of: Projection.allCases))
    }

    @Test(arguments: Family.allCases)
    func everyFamilyHasAFixtureWithItsNames(family: Family) throws {
        let folder = try HuggingFaceFolder(path: TestSupport.fixture("families/\(family.name)"))
        let model = try Model(huggingFace: folder)
        #expect(model.configuration.family == family)
        let layout = family.facts.huggingFace
        for name in folder.tensors.keys where layout.scalarLayer(name) == nil {
            let stem = name.split(separator: ".").dropLast().joined(separator: ".")
            let role = try #require(layout.role(ofTensor: name)?.role, "\(family) does not know \(name)")
            #expect(layout.name(role) == stem || layout.name(role) == name)
        }
        for (index, layer) in model.weights.layers.enumerated() {
            for projection in Projection.allCases {
                #expect(
                    (layer[projection] != nil)
                        == (model.configuration.has(projection, in: index)
                            && (projection != .gate || model.configuration.gated)))
                #expect((layer[projection]?.bias != nil) == family.facts.biased.contains(projection), "layer \(index)")
            }
            let norms = Set(layout.norms.map(\.norm).filter { model.configuration.has($0, in: index) })
            #expect(Set(BlockNorm.allCases.filter { layer[$0] != nil }) == norms)
            #expect((layer.kernel != nil) == !model.configuration.attends(index))
            #expect((layer.decay != nil) == model.configuration.recurs(index))
        }
    }

    @Test func familiesAreFoundByWhatFilesCallThem() {
        let names = Family.allCases.map(\.name)
        #expect(Set(names).count == names.count)
        let kinds = Family.allCases.flatMap { $0.facts.modelTypes }
        #expect(Set(kinds).count == kinds.count)
        for family in Family.allCases {
            #expect(Family(architecture: family.name) == family)
            for kind in family.facts.modelTypes { #expect(Family(modelType: kind) == family) }
            #expect(!family.facts.modelClass.isEmpty)
        }
        #expect(Family(architecture: "bert") == nil && Family(modelType: "bert") == nil)
    }

    /// Who brings another model is told of every family.
    @Test func messagesNameEveryFamily() throws {
        let folder = NSTemporaryDirectory() + "/family-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let tensor = TensorSource(name: "w", shape: [1], values: [1])
        try GGUFWriter.write([tensor], metadata: [("general.architecture", .text("bert"))], to: folder + "/b.gguf")
        let ofFile = #expect(throws: ModelFailure.self) { try Model(gguf: GGUFFile(path: folder + "/b.gguf")) }
        for family in Family.allCases { #expect(ofFile?.remedy.contains(family.name) == true) }
        try SafetensorsWriter.write([tensor], to: folder + "/model.safetensors")
        try Data(#"{"model_type": "bert"}"#.utf8).write(to: URL(filePath: folder + "/config.json"))
        let ofFolder = #expect(throws: ModelFailure.self) { try Model(huggingFace: HuggingFaceFolder(path: folder)) }
        for kind in Family.allCases.flatMap({ $0.facts.modelTypes }) {
            #expect(ofFolder?.remedy.contains(kind) == true)
        }
        #expect(ofFolder?.problem.contains("bert") == true && ofFile?.problem.contains("bert") == true)
    }

    /// What is written of a family's shape is read back as that shape.
    @Test(arguments: Family.allCases)
    func configurationsAreReadBack(family: Family) throws {
        let fixture = TestSupport.fixture("families/\(family.name)")
        let c = try Model(huggingFace: HuggingFaceFolder(path: fixture)).configuration
        let folder = NSTemporaryDirectory() + "/shape-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var keys = try family.facts.configKeys(c, place: folder)
        keys["model_type"] = family.facts.modelTypes[0]
        keys["tie_word_embeddings"] = c.tied
        try JSONSerialization.data(withJSONObject: keys).write(to: URL(filePath: folder + "/config.json"))
        try FileManager.default.copyItem(atPath: fixture + "/model.safetensors", toPath: folder + "/model.safetensors")
        var back = try Model(huggingFace: HuggingFaceFolder(path: folder)).configuration
        // The writer speaks for models that came as a GGUF, which keeps no scale of scores.
        back.scoreScale = c.scoreScale
        #expect(back == c)
    }
}
