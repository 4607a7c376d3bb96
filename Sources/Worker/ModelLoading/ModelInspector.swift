import Foundation
import Nouns
import Tensors
import Transformers

/// Looks at every number of a model before it is scored.
package enum ModelInspector {
    /// What is found in a model's weights and in the adapter that stands on them. Throws what `interruption`, asked
    /// before each layer, throws.
    package static func inspect(_ loaded: LoadedModel, _ reference: ModelReference, interruption: Interruption) throws
        -> ModelInspection
    {
        let adapter = loaded.adapter
        var inspection = ModelInspection(
            baseDigest: LoadedModel.digest(of: try loaded.files(interruption: interruption)),
            tokenizerDigest: try loaded.tokenizerDigest(),
            templateDigest: loaded.templateDigest,
            nonFinite: 0, parameters: loaded.model.weights.parameters)
        func note(_ count: Int, _ place: @autoclosure () -> String) {
            guard count > 0 else { return }
            inspection.nonFinite += count
            inspection.firstNonFinite = inspection.firstNonFinite ?? place()
        }
        let weights = loaded.model.weights
        note(nonFinite(weights.embedding), "the embedding")
        if let positions = weights.positions { note(nonFinite(positions), "the positions") }
        if let perLayer = weights.perLayer {
            note(nonFinite(perLayer.embedding), "the embedding of the layers' own inputs")
            note(nonFinite(perLayer.projection), "the projection of the layers' own inputs")
            note(nonFinite(perLayer.norm.weight), "the norm of the layers' own inputs")
        }
        for (index, layer) in weights.layers.enumerated() {
            try interruption()
            for projection in Projection.allCases {
                if let matrix = layer[projection] { note(nonFinite(matrix), "layer \(index), \(projection.name)") }
            }
            note(nonFinite([layer.scalar]), "the scale of layer \(index)")
            for kind in BlockNorm.allCases {
                if let norm = layer[kind] {
                    note(nonFinite(norm.weight) + nonFinite(norm.bias ?? []), "a norm of layer \(index)")
                }
            }
            if let kernel = layer.kernel { note(nonFinite(kernel.weights), "the convolution of layer \(index)") }
            if let decay = layer.decay { note(nonFinite(decay.rate + decay.bias), "the decay of layer \(index)") }
        }
        note(nonFinite(weights.finalNorm.weight) + nonFinite(weights.finalNorm.bias ?? []), "the final norm")
        note(nonFinite(weights.head), "the head")
        if let adapter {
            inspection.adapterParameters = adapter.count
            var square = 0.0
            var size = 0.0
            for place in adapter.places {
                let (a, b) = (adapter.a(place), adapter.b(place))
                note(nonFinite(a) + nonFinite(b), "the adapter of layer \(place.layer), \(place.projection.name)")
                square += squaredNorm(a: a, b: b, rank: adapter.layout.rank, inner: place.inner, outer: place.outer)
                size += Double(place.inner) * Double(place.outer)
            }
            let change = Double(adapter.layout.scale) * (square / max(1, size)).squareRoot()
            inspection.adapterChange = change.isFinite ? change : nil
        }
        if reference.adapters.contains(where: LoadedModel.isWhole) {
            let change = change(of: loaded.model.weights, from: try LoadedModel(path: reference.basePath).model.weights)
            inspection.adapterParameters += weights.parameters
            inspection.adapterChange =
                change.isFinite
                ? ((inspection.adapterChange ?? 0) * (inspection.adapterChange ?? 0) + change * change).squareRoot()
                : nil
        }
        return inspection
    }

    /// Root mean square of what full fine-tuning changed, over every eighth row of each projection.
    private static func change(of weights: ModelWeights, from base: ModelWeights) -> Double {
        var square = 0.0
        var count = 0.0
        for (layer, old) in zip(weights.layers, base.layers) {
            for projection in Projection.allCases {
                guard let matrix = layer[projection], let other = old[projection], matrix.in == other.in,
                    matrix.out == other.out
                else { continue }
                var (row, before) = ([Float](repeating: 0, count: matrix.in), [Float](repeating: 0, count: matrix.in))
                for index in stride(from: 0, to: matrix.out, by: 8) {
                    row.withUnsafeMutableBufferPointer {
                        if let start = $0.baseAddress { matrix.row(index, into: start) }
                    }
                    before.withUnsafeMutableBufferPointer {
                        if let start = $0.baseAddress { other.row(index, into: start) }
                    }
                    square += zip(row, before).reduce(0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }
                    count += Double(matrix.in)
                }
            }
        }
        return (square / max(1, count)).squareRoot()
    }

    private static func nonFinite(_ values: [Float]) -> Int { values.count { !$0.isFinite } }

    private static func nonFinite(_ matrix: WeightMatrix) -> Int {
        var row = [Float](repeating: 0, count: matrix.in)
        var count = nonFinite(matrix.bias ?? [])
        for index in 0..<matrix.out {
            row.withUnsafeMutableBufferPointer { buffer in
                guard let start = buffer.baseAddress else { return }
                matrix.row(index, into: start)
                // A sum is finite only where all its terms are; the slow count is for the rare other case.
                var sum: Float = 0
                for value in buffer { sum += value * 0 }
                if sum != 0 || sum.isNaN { count += buffer.count { !$0.isFinite } }
            }
        }
        return count
    }

    /// ‖B·A‖² (Frobenius) as tr((BᵀB)(AAᵀ)), which needs no product as large as the matrix itself. A is [rank × in], B
    /// is [out × rank].
    private static func squaredNorm(a: [Float], b: [Float], rank: Int, inner: Int, outer: Int) -> Double {
        var total = 0.0
        for i in 0..<rank {
            for j in 0..<rank {
                var left = 0.0
                for row in 0..<outer { left += Double(b[row * rank + i]) * Double(b[row * rank + j]) }
                var right = 0.0
                for column in 0..<inner { right += Double(a[i * inner + column]) * Double(a[j * inner + column]) }
                total += left * right
            }
        }
        return total
    }
}
