import Foundation
import Tensors
import TestSupport
import Testing
import Transformers
import WeightFiles

/// The gradient of every weight of full fine-tuning against transformers, for tiny random models of every family.
@Suite struct FamilyWeightGradientTests {
    @Test(arguments: FamilyTests.kinds)
    func everyWeightsGradientEqualsTransformers(kind: String) throws {
        let folder = TestSupport.fixture("families/\(kind)")
        let model = try Model(huggingFace: HuggingFaceFolder(path: folder))
        let expected = try JSONDecoder().decode(
            FamilyTests.Expected.self, from: Data(contentsOf: URL(filePath: folder + "/expected.json")))
        let weights = try TrainableWeights(model)
        let transformer = try weights.transformer(model, team: ThreadTeam(threads: 2))
        let found = try FloatBuffer(weights.count)
        let rows = expected.sequences.map { TokenSequence(ids: $0.ids, weights: $0.ids.map { _ in 1 }) }
        _ = try transformer.train(TokenTree(rows), scale: 1, into: found)

        // The gradients have the names and shapes of the weights, so they can be read as a model, and then lie as ours
        // do.
        let copy = NSTemporaryDirectory() + "/gradients-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: copy) }
        try FileManager.default.copyItem(atPath: folder + "/config.json", toPath: copy + "/config.json")
        try FileManager.default.copyItem(atPath: folder + "/gradients.safetensors", toPath: copy + "/model.safetensors")
        let wanted = try TrainableWeights(Model(huggingFace: HuggingFaceFolder(path: copy)))
        #expect(wanted.groups == weights.groups)
        for group in weights.groups {
            // Gemma's norms are read with one added, and so are those of Qwen 3.5 over the width and over heads.
            let c = model.configuration
            let isCentred =
                kind.hasPrefix("gemma3")
                || kind.hasPrefix("qwen3_5") && [c.width, c.headSize].contains(group.count)
            let offset: Float = isCentred && group.role == .vector ? 1 : 0
            let values = (0..<group.count).map { wanted.values.pointer[group.offset + $0] - offset }
            let size = values.reduce(0) { max($0, abs($1)) }
            #expect(size > 0)
            for (index, value) in values.enumerated() {
                #expect(abs(found.pointer[group.offset + index] - value) < 1e-3 * size + 1e-5, "\(group), \(index)")
            }
        }
    }
}
