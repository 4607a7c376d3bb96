import Foundation
import Tensors
import Transformers
import WeightFiles

/// A model's tensors under llama.cpp's names and in its order of rows, with an adapter merged in.
struct GGUFTensors {
    let model: Model
    let adapter: Adapter?
    /// Storage of the matrices; vectors stay F32, as llama.cpp expects.
    let type: StorageType
    private let merged: MergedRows
    private(set) var sources: [TensorSource] = []

    init(_ model: Model, adapter: Adapter?, type: StorageType) {
        self.model = model
        self.adapter = adapter
        self.type = type
        merged = MergedRows(model: model, adapter: adapter)
        let c = model.configuration
        let layout = c.family.facts.gguf
        matrix(layout.root + layout.embedding, model.weights.embedding)
        if let positions = model.weights.positions, let name = layout.positions {
            sources.append(
                TensorSource(
                    name: layout.root + name + ".weight", shape: [positions.out, positions.in], type: .f32,
                    fill: MergedRows.fill(positions)))
        }
        if let perLayer = model.weights.perLayer, let names = layout.perLayer {
            matrix(layout.root + names.embedding, perLayer.embedding)
            matrix(layout.root + names.projection, perLayer.projection)
            norm(layout.root + names.norm, perLayer.norm)
        }
        for (index, layer) in model.weights.layers.enumerated() { block(index, layer, layout) }
        norm(layout.root + layout.finalNorm, model.weights.finalNorm)
        if !c.tied { matrix(layout.head, model.weights.head) }
        for (name, factors) in RotaryDivisors.of(c) {
            sources.append(TensorSource(name: name + ".weight", shape: [factors.count], values: factors))
        }
    }

    private mutating func block(_ index: Int, _ layer: LayerWeights, _ layout: TensorLayout) {
        let prefix = layout.prefix(index)
        for (kind, name) in layout.norms.prefix(1) { if let weights = layer[kind] { norm(prefix + name, weights) } }
        for fused in layout.fused {
            let parts = fused.parts.compactMap { layer[$0] }
            let name = prefix + fused.name
            add(
                name + ".weight", out: parts.reduce(0) { $0 + $1.out }, in: parts.first?.in ?? 0,
                merged.fused(index, fused.parts))
            if let values = parts.joinedBias { bias(name, values) }
        }
        let headSize = model.configuration.headSize(index)
        let order = HeadOrder(model.configuration, layout)
        for projection in Projection.allCases where !layout.fuses(projection) {
            guard let matrix = layer[projection], let name = layout.projections[projection] else { continue }
            let head = layout.interleaved.contains(projection) ? headSize : 0
            let stored = { (row: Int) in
                order?.row(row, of: projection) ?? Self.logicalRow(row, interleavedHead: head)
            }
            add(
                prefix + name + ".weight", out: matrix.out, in: matrix.in,
                merged.fill(index, projection, stored: stored, columns: order?.columns(of: projection)))
            if let values = matrix.bias { bias(prefix + name, values.indices.map { values[stored($0)] }) }
        }
        // llama.cpp convolves in floats alone.
        if let kernel = layer.kernel, let name = layout.kernel {
            sources.append(
                TensorSource(
                    name: prefix + name + ".weight", shape: [kernel.width, kernel.taps],
                    values: order?.channels(kernel.stored, taps: kernel.taps) ?? kernel.stored))
        }
        if let decay = layer.decay, let names = layout.decay {
            for (name, values) in [(names.rate, decay.rate.map { -exp($0) }), (names.bias, decay.bias)] {
                sources.append(
                    TensorSource(name: prefix + name, shape: [values.count], values: order?.heads(values) ?? values))
            }
        }
        for (kind, name) in layout.norms.dropFirst() { if let weights = layer[kind] { norm(prefix + name, weights) } }
        if let name = layout.scalar {
            sources.append(TensorSource(name: prefix + name, shape: [1], values: [layer.scalar]))
        }
    }

    private mutating func matrix(_ name: String, _ matrix: WeightMatrix) {
        add(name + ".weight", out: matrix.out, in: matrix.in, MergedRows.fill(matrix))
    }

    private mutating func add(
        _ name: String, out: Int, in inner: Int, _ fill: @escaping (Range<Int>, UnsafeMutablePointer<Float>) -> Void
    ) {
        // Rows that are no whole blocks stay halves.
        sources.append(
            TensorSource(name: name, shape: [out, inner], type: type.rowBytes(inner) == nil ? .f16 : type, fill: fill))
    }

    private mutating func norm(_ name: String, _ norm: NormWeights) {
        sources.append(TensorSource(name: name + ".weight", shape: [norm.weight.count], values: norm.weight))
        if let values = norm.bias { bias(name, values) }
    }

    private mutating func bias(_ name: String, _ values: [Float]) {
        sources.append(TensorSource(name: name + ".bias", shape: [values.count], values: values))
    }

    /// The logical row that a file with interleaved heads stores at `row`.
    static func logicalRow(_ row: Int, interleavedHead head: Int) -> Int {
        guard head > 0 else { return row }
        let place = row % head
        return row - place + place / 2 + place % 2 * (head / 2)
    }
}

extension [WeightMatrix] {
    /// The biases of matrices that a file keeps as one; nil where none has one.
    var joinedBias: [Float]? {
        contains { $0.bias != nil } ? flatMap { $0.bias ?? [Float](repeating: 0, count: $0.out) } : nil
    }
}

/// The divisors of rotary frequencies, as GGUF stores Llama 3's scaling and LongRoPE.
enum RotaryDivisors {
    /// One of each pair of a head, by the tensor's name; none where frequencies are as the base makes them. Source:
    /// llama.cpp `convert_hf_to_gguf.py`.
    static func of(_ c: ModelConfiguration) -> [(String, [Float])] {
        guard let rope = c.rope else { return [] }
        switch rope.scaling {
        case .none, .linear, .yarn: return []
        case .proportional(let angles, _):
            // What is divided by this does not turn.
            let size = c.fullHeadSize ?? c.headSize
            return [("rope_freqs", (0..<size / 2).map { $0 < angles ? 1 : 1e30 })]
        case .factors(let factors): return [("rope_freqs", factors)]
        case .long(let short, let long, _): return [("rope_factors_long", long), ("rope_factors_short", short)]
        case .llama3(let factor, let low, let high, let context):
            let factors = (0..<c.headSize / 2).map { index -> Float in
                let frequency = 1 / pow(Double(rope.base), Double(2 * index) / Double(c.headSize))
                let wavelength = 2 * Double.pi / frequency
                if wavelength < Double(context) / Double(high) { return 1 }
                if wavelength > Double(context) / Double(low) { return factor }
                let smooth = (Double(context) / wavelength - Double(low)) / Double(high - low)
                return Float(1 / ((1 - smooth) / Double(factor) + smooth))
            }
            return [("rope_freqs", factors)]
        }
    }
}
