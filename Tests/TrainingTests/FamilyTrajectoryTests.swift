import Foundation
import Nouns
import Tensors
import TestSupport
import Testing
import Transformers
import WeightFiles

@testable import Training

/// Six steps of full fine-tuning of a tiny model of every family against PyTorch (`tools/make-family-fixtures.py`).
@Suite(.serialized)
struct FamilyTrajectoryTests {
    private struct Expected: Decodable {
        struct Sequence: Decodable { let ids: [Int32] }
        let sequences: [Sequence]
        let trajectory: [Double]
    }

    @Test func everyFamilyLearnsAsPyTorchDoes() throws {
        let families = TestSupport.fixture("families")
        let kinds = try FileManager.default.contentsOfDirectory(atPath: families).sorted()
        #expect(kinds.count >= ModelConfiguration.Family.allCases.count)
        for kind in kinds {
            let data = try Data(contentsOf: URL(filePath: "\(families)/\(kind)/expected.json"))
            let expected = try JSONDecoder().decode(Expected.self, from: data)
            let model = try Model(huggingFace: HuggingFaceFolder(path: "\(families)/\(kind)"))
            let weights = try TrainableWeights(model)
            let team = ThreadTeam(threads: 2)
            let transformer = try weights.transformer(model, team: team)
            var recipe = Recipe()
            recipe.weightDecay = 0
            let optimizer = try Optimizer(weights, recipe: recipe, team: team)
            let rows = expected.sequences.map { TokenSequence(ids: $0.ids, weights: $0.ids.map { _ in 1 }) }
            let tree = TokenTree(rows)
            let labels = tree.labels.count
            #expect(expected.trajectory.count == 6)
            for (index, wanted) in expected.trajectory.enumerated() {
                optimizer.clearGradients()
                let losses = try transformer.train(tree, scale: 1 / Float(labels), into: optimizer.gradients)
                let loss = losses.reduce(0) { $0 + Double($1.loss) } / Double(labels)
                #expect(abs(loss - wanted) < 1e-3 * max(1, wanted), "\(kind), step \(index): \(loss) for \(wanted)")
                optimizer.update(step: index + 1, rate: 1e-3, scale: 1)
                weights.publish(to: transformer)
            }
        }
    }
}
