import Foundation
import Nouns
import Tensors
import TestSupport
import Testing
import Transformers
import WeightFiles

@testable import Training

/// Ten steps of fine-tuning against PyTorch and peft in float32.
@Suite(.serialized)
struct TrajectoryTests {
    struct Trajectory: Decodable {
        struct Step: Decodable {
            let loss: Double
            let grad_norm: Double
            let label_tokens: Int
        }
        struct RowText: Decodable { let prompt: String, completion: String }
        let rows: [RowText]
        let steps: [Step]
        let first_ids: [Int32]
        let first_labels: [Int32]
        let B_norms: [String: Double]?
    }

    @Test(arguments: [("SmolLM2-135M-Instruct.Q4_1.gguf", "smollm2-lora"), ("gemma3-270m.gguf", "gemma3-lora")])
    func loraEqualsPeft(file: String, golden: String) throws {
        let data = try Data(contentsOf: URL(filePath: TestSupport.fixture("goldens/\(golden).json")))
        let expected = try JSONDecoder().decode(Trajectory.self, from: data)
        let model = try Model(gguf: GGUFFile(path: TestSupport.model(file)))
        let sequences = try GoldenRows.encode(
            expected.rows.map { ($0.prompt, $0.completion) }, gguf: TestSupport.model(file))
        #expect(sequences.first?.ids == expected.first_ids)

        var recipe = Recipe()
        recipe.rank = 8
        recipe.alpha = 16
        let adapter = try Adapter(AdapterStart.layout(recipe, for: model), for: model)
        let rank = adapter.layout.rank
        for place in adapter.places {
            let k = Double(place.projection.rawValue)
            let a = (0..<rank * place.inner).map { offset -> Float in
                let i = Double(offset / place.inner)
                let j = Double(offset % place.inner)
                return Float(0.05 * cos(7.3 * i + 1.7 * j + 0.9 * k + 0.31 * Double(place.layer)))
            }
            adapter.set(place, a: a, b: [Float](repeating: 0, count: place.outer * rank))
        }
        let team = ThreadTeam(threads: 2)
        let transformer = try Transformer(model, adapter: adapter, team: team, training: true)
        let optimizer = try Optimizer(adapter, recipe: recipe, team: team)
        try follow(expected, sequences, transformer, optimizer, rate: 2e-4)
        for place in adapter.places {
            let layout = model.configuration.family.facts.huggingFace
            let path = try #require(layout.name(.projection(layer: place.layer, place.projection)))
            let norm = adapter.b(place).reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
            let want = try #require(expected.B_norms?[path + ".lora_B.weight"])
            #expect(abs(norm / want - 1) < 0.02, "‖B‖ of \(path)")
        }
    }

    @Test func fullFineTuningEqualsPyTorch() throws {
        let data = try Data(contentsOf: URL(filePath: TestSupport.fixture("goldens/smollm2-full.json")))
        let expected = try JSONDecoder().decode(Trajectory.self, from: data)
        let path = try TestSupport.model("SmolLM2-135M-Instruct.Q4_1.gguf")
        let model = try Model(gguf: GGUFFile(path: path))
        let sequences = try GoldenRows.encode(expected.rows.map { ($0.prompt, $0.completion) }, gguf: path)
        let weights = try TrainableWeights(model)
        let team = ThreadTeam(threads: 2)
        let transformer = try weights.transformer(model, team: team)
        let optimizer = try Optimizer(weights, recipe: Recipe(), team: team)
        try follow(expected, sequences, transformer, optimizer, rate: 2e-5) { weights.publish(to: transformer) }
    }

    /// Takes the golden's steps, four rows each, and compares every loss and gradient norm.
    private func follow(
        _ expected: Trajectory, _ sequences: [TokenSequence], _ transformer: Transformer, _ optimizer: Optimizer,
        rate: Double,
        afterStep: () -> Void = {}
    ) throws {
        for (index, step) in expected.steps.enumerated() {
            let rows = Array(sequences[index * 4..<index * 4 + 4])
            let labels = rows.reduce(0) { $0 + $1.labels }
            #expect(labels == step.label_tokens)
            optimizer.clearGradients()
            var loss = 0.0
            for tree in MicroBatches.make(rows, budget: 300, sharing: true) {
                loss += try transformer.train(tree, scale: 1 / Float(labels), into: optimizer.gradients).reduce(0) {
                    $0 + Double($1.loss)
                }
            }
            let norm = optimizer.gradientNorm()
            #expect(
                abs(loss / Double(labels) - step.loss) < 1e-3,
                "loss of step \(index): \(loss / Double(labels)) for \(step.loss)")
            #expect(
                abs(norm / step.grad_norm - 1) < 0.01, "gradient norm of step \(index): \(norm) for \(step.grad_norm)")
            optimizer.update(step: index + 1, rate: rate, scale: min(1, 1 / (norm + 1e-6)))
            afterStep()
        }
    }
}
