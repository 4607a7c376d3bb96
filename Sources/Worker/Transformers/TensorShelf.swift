import Foundation
import Tensors
import WeightFiles

/// The tensors of a model's file by name, checked for shape as they are taken.
struct TensorShelf {
    let file: String
    let layout: TensorLayout
    /// What the names begin with: the layout's root, or nothing in the file of a bare model.
    let root: String
    let find: (String) -> StoredTensor?

    func tensor(_ name: String, _ shape: [Int]) throws -> StoredTensor {
        guard let tensor = find(name) else {
            throw ModelFailure(
                place: "\(file), \(name)", problem: "this tensor is missing",
                remedy: "The model is incomplete: convert or download it again.")
        }
        guard tensor.shape == shape else {
            throw ModelFailure(
                place: "\(file), \(name)", problem: "its shape is \(tensor.shape) where \(shape) is expected",
                remedy: "The file is damaged, or of a variant that this engine does not run.")
        }
        return tensor
    }

    /// `name.weight` [out × in] with `name.bias` where there is one.
    func matrix(_ name: String, _ out: Int, _ inner: Int, interleaved: Int = 0) throws -> WeightMatrix {
        var bias = try find(name + ".bias").map { _ in try tensor(name + ".bias", [out]).floats() }
        // A bias is interleaved as its rows are.
        if interleaved > 0, let stored = bias {
            bias = stored.indices.map { row in
                let base = row - row % interleaved
                let j = row % interleaved
                return stored[base + 2 * (j % (interleaved / 2)) + j / (interleaved / 2)]
            }
        }
        return WeightMatrix(try tensor(name + ".weight", [out, inner]), bias: bias, interleavedHead: interleaved)
    }

    /// `name.weight` [width] with `name.bias` where there is one, as it is multiplied.
    func norm(_ name: String, _ width: Int, _ kind: BlockNorm? = nil) throws -> NormWeights {
        let weight = try tensor(name + ".weight", [width]).floats()
        let offset = layout.offset(kind)
        return NormWeights(
            weight: offset == 0 ? weight : weight.map { $0 + offset },
            bias: try find(name + ".bias").map { _ in try tensor(name + ".bias", [width]).floats() })
    }

    /// The weights of block `index`.
    func block(_ index: Int, _ c: ModelConfiguration) throws -> LayerWeights {
        let prefix = "\(root)\(layout.blocks).\(index)."
        var projections = [WeightMatrix?](repeating: nil, count: Projection.allCases.count)
        for fused in layout.fused {
            let parts = fused.parts.map { c.shape($0, in: index).out }
            let isBiased = fused.parts.allSatisfy(c.biased.contains)
            for (projection, matrix) in zip(
                fused.parts, try split(prefix + fused.name, parts, c.width, isBiased: isBiased))
            {
                projections[projection.rawValue] = matrix
            }
        }
        for projection in Projection.allCases where !layout.fuses(projection) && c.has(projection, in: index) {
            guard let name = layout.projections[projection] else { continue }
            let (out, inner) = c.shape(projection, in: index)
            // Taken for its check: a bias that a model has must be there.
            if c.biased.contains(projection) { _ = try tensor(prefix + name + ".bias", [out]) }
            projections[projection.rawValue] =
                layout.isTransposed
                ? try transposed(prefix + name, [out], inner)[0]
                : try matrix(
                    prefix + name, out, inner, interleaved: layout.interleaved.contains(projection) ? c.headSize : 0)
        }
        var norms: [BlockNorm: NormWeights] = [:]
        for (norm, name) in layout.norms where c.has(norm, in: index) {
            let width =
                switch norm {
                case .query: c.queryNormShape(index).size
                case .key: c.keyNormShape(index).size
                case .mixed: c.delta?.valueSize ?? 0
                default: c.width
                }
            norms[norm] = try self.norm(prefix + name, width, norm)
        }
        var layer = LayerWeights(projections: projections)
        for (norm, weights) in norms { layer[norm] = weights }
        if !c.attends(index), let name = layout.kernel { layer.kernel = try kernel(prefix + name, c) }
        if c.recurs(index), let heads = c.delta?.valueHeads { layer.decay = try decay(index, heads) }
        // Where it is missing it is one, as transformers and llama.cpp have it.
        if let name = layout.scalar, find(prefix + name) != nil {
            layer.scalar = try tensor(prefix + name, [1]).floats()[0]
        }
        return layer
    }

    /// What gives layers inputs of their own; nil where they have none.
    func perLayer(_ c: ModelConfiguration) throws -> PerLayerWeights? {
        guard c.perLayerWidth > 0, let names = layout.perLayer else { return nil }
        let width = c.layers * c.perLayerWidth
        return PerLayerWeights(
            embedding: try matrix(root + names.embedding, c.vocabulary, width),
            projection: try matrix(root + names.projection, width, c.width),
            norm: try norm(root + names.norm, c.perLayerWidth))
    }

    /// How the heads of block `index` forget.
    private func decay(_ index: Int, _ heads: Int) throws -> DeltaDecay? {
        guard let names = layout.decay else { return nil }
        let prefix = "\(root)\(layout.blocks).\(index)."
        var rate = try tensor(prefix + names.rate, [heads]).floats()
        if layout.isDecayExponential {
            if let wrong = rate.first(where: { !($0 < 0) }) {
                throw ModelFailure(
                    place: "\(file), \(prefix)\(names.rate)", problem: "\(wrong) is no decay (it is below zero)",
                    remedy: "The file is damaged: download it again.")
            }
            rate = rate.map { log(-$0) }
        }
        return DeltaDecay(rate: rate, bias: try tensor(prefix + names.bias, [heads]).floats())
    }

    /// `name.weight` of a convolution that takes each channel by itself: [width × taps], or [width × 1 × taps] as
    /// PyTorch has it.
    private func kernel(_ name: String, _ c: ModelConfiguration) throws -> ConvolutionKernel {
        let isPlain = find(name + ".weight")?.shape.count == 2
        let width = c.kernelWidth
        let stored = try tensor(name + ".weight", isPlain ? [width, c.taps] : [width, 1, c.taps])
        return ConvolutionKernel(stored: stored.floats(), taps: c.taps)
    }

    /// The matrices that lie one after the other in one, of `parts` rows each; they share its bytes where they can.
    private func split(_ name: String, _ parts: [Int], _ inner: Int, isBiased: Bool) throws -> [WeightMatrix] {
        if layout.isTransposed { return try transposed(name, parts, inner) }
        let whole = parts.reduce(0, +)
        let fused = try tensor(name + ".weight", [whole, inner])
        let bias = isBiased ? try tensor(name + ".bias", [whole]).floats() : nil
        let rowBytes = fused.bytes.count / whole
        var row = 0
        return parts.map { count in
            defer { row += count }
            let bytes = fused.bytes[row * rowBytes..<(row + count) * rowBytes]
            let slice = StoredTensor(
                name: fused.name, shape: [count, inner], type: fused.type,
                bytes: UnsafeRawBufferPointer(rebasing: bytes), owner: fused.owner)
            return WeightMatrix(slice, bias: bias.map { Array($0[row..<row + count]) })
        }
    }

    /// Matrices of `parts` rows each that are kept side by side as one of [in × out], turned, with their biases.
    private func transposed(_ name: String, _ parts: [Int], _ inner: Int) throws -> [WeightMatrix] {
        let whole = parts.reduce(0, +)
        let stored = try tensor(name + ".weight", [inner, whole]).floats()
        let bias = try tensor(name + ".bias", [whole]).floats()
        var first = 0
        return try parts.map { count in
            defer { first += count }
            let buffer = try FloatBuffer(count * inner)
            for row in 0..<count {
                for column in 0..<inner {
                    buffer.pointer[row * inner + column] = stored[column * whole + first + row]
                }
            }
            return WeightMatrix(buffer, offset: 0, out: count, in: inner, bias: Array(bias[first..<first + count]))
        }
    }
}
