import Foundation
import Tensors
import TestSupport
import Testing
import Transformers
import WeightFiles

/// Tiny random models of every family against transformers in float32 (`tools/make-family-fixtures.py`): losses, logits
/// and gradients.
@Suite struct FamilyTests {
    /// Each family, and variants of some.
    static let kinds =
        ModelConfiguration.Family.allCases.map(\.name) + [
            "llama3", "mistral", "llama-biased", "gemma3-wrapped", "granite4-nope", "olmo3", "lfm2-older",
            "gemma4-wide", "gemma4-wrapped", "phi3-256", "qwen3_5-wrapped",
        ]

    struct Expected: Decodable {
        struct Sequence: Decodable {
            let ids: [Int32]
            let losses: [Double]
            let last_logits: [Double]
        }
        let sequences: [Sequence]
    }

    private func load(_ kind: String) throws -> (model: Model, expected: Expected, folder: String) {
        let folder = TestSupport.fixture("families/\(kind)")
        let data = try Data(contentsOf: URL(filePath: folder + "/expected.json"))
        return (
            try Model(huggingFace: HuggingFaceFolder(path: folder)),
            try JSONDecoder().decode(Expected.self, from: data), folder
        )
    }

    @Test(arguments: kinds)
    func lossesAndLogitsEqualTransformers(kind: String) throws {
        let (model, expected, _) = try load(kind)
        let runner = try Transformer(model, team: ThreadTeam(threads: 2))
        for sequence in expected.sequences {
            let tree = TokenTree([TokenSequence(ids: sequence.ids, weights: sequence.ids.map { _ in 1 })])
            let losses = try runner.score(tree)
            #expect(losses.count == sequence.losses.count)
            for (index, (loss, wanted)) in zip(losses, sequence.losses).enumerated() {
                #expect(abs(Double(loss.loss) - wanted) < 2e-4 * max(1, wanted), "loss of token \(index + 1)")
            }
            let hidden = try runner.forward(tree)
            let logits = try runner.logits(hidden, rows: [sequence.ids.count - 1])
            for (index, wanted) in sequence.last_logits.enumerated() {
                #expect(abs(Double(logits[index]) - wanted) < 2e-4 * max(1, abs(wanted)), "logit \(index)")
            }
        }
    }

    /// With one factor zero an adapter changes nothing, and the other factor's gradient is the weight's gradient times
    /// the first.
    @Test(arguments: kinds)
    func adapterGradientsFollowFromTransformersWeightGradients(kind: String) throws {
        let (model, expected, folder) = try load(kind)
        let gradients = try SafetensorsFile(path: folder + "/gradients.safetensors").tensors
        let sequences = expected.sequences.map { TokenSequence(ids: $0.ids, weights: $0.ids.map { _ in 1 }) }
        let rank = 3
        let scale: Float = 0.75
        let team = ThreadTeam(threads: 2)
        for downIsZero in [true, false] {
            let adapter = try Adapter(AdapterLayout(rank: rank, scale: scale, targets: Projection.allCases), for: model)
            for place in adapter.places {
                func wave(_ count: Int, _ phase: Double) -> [Float] {
                    (0..<count).map { Float(cos(phase + 0.7 * Double($0))) }
                }
                let (a, b) = (rank * place.inner, rank * place.outer)
                adapter.set(
                    place, a: downIsZero ? [Float](repeating: 0, count: a) : wave(a, Double(place.layer)),
                    b: downIsZero ? wave(b, Double(place.layer)) : [Float](repeating: 0, count: b))
            }
            let transformer = try Transformer(model, adapter: adapter, team: team, training: true)
            let found = try FloatBuffer(adapter.count)
            _ = try transformer.train(TokenTree(sequences), scale: 1, into: found)
            for place in adapter.places {
                let weight = try weightGradient(model, place, gradients)  // [out × in]
                let (inner, outer) = (place.inner, place.outer)
                var wanted = [Double](repeating: 0, count: rank * (downIsZero ? inner : outer))
                let (a, b) = (adapter.a(place), adapter.b(place))
                for o in 0..<outer {
                    for i in 0..<inner {
                        for r in 0..<rank {
                            if downIsZero {  // dA = scale · Bᵀ dW, kept as [in × rank]
                                wanted[i * rank + r] += Double(scale * b[o * rank + r] * weight[o * inner + i])
                            } else {  // dB = scale · dW Aᵀ, [out × rank]
                                wanted[o * rank + r] += Double(scale * weight[o * inner + i] * a[r * inner + i])
                            }
                        }
                    }
                }
                let size = wanted.reduce(0) { max($0, abs($1)) }
                let offset = downIsZero ? place.a : place.b
                for (index, value) in wanted.enumerated() {
                    #expect(
                        abs(Double(found.pointer[offset + index]) - value) < 1e-3 * size + 1e-5,
                        "\(downIsZero ? "A" : "B") of layer \(place.layer) \(place.projection), \(index)")
                }
            }
        }
    }

    /// The gradient of one projection's weights as [out × in], by the names that transformers gives.
    private func weightGradient(
        _ model: Model, _ place: AdapterLayout.Place, _ tensors: [String: StoredTensor]
    ) throws -> [Float] {
        let layer = model.weights.layers[place.layer]
        let layout = model.configuration.family.facts.huggingFace
        let name = try #require(layout.name(layout.role(of: place.projection, layer: place.layer)))
        let wrapped = "model.language_model." + name.dropFirst(layout.root.count) + ".weight"
        let stored = try #require(tensors[name + ".weight"] ?? tensors[wrapped]).floats()
        // Where several are one, the rows of those before come first.
        let parts = layout.fused.first { $0.parts.contains(place.projection) }?.parts ?? []
        let first = parts.prefix { $0 != place.projection }.reduce(0) { $0 + (layer[$1]?.out ?? 0) }
        guard layout.isTransposed else {
            return Array(stored[first * place.inner..<(first + place.outer) * place.inner])
        }
        // [in × out], the parts side by side.
        let columns = stored.count / place.inner
        return (0..<place.outer * place.inner).map { stored[$0 % place.inner * columns + first + $0 / place.inner] }
    }
}
