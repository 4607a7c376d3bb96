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
        matrix("token_embd", model.weights.embedding)
        if let positions = model.weights.positions {
            sources.append(
                TensorSource(
                    name: "position_embd.weight", shape: [positions.out, positions.in], type: .f32,
                    fill: MergedRows.fill(positions)))
        }
        for (index, layer) in model.weights.layers.enumerated() { block(index, layer) }
        norm("output_norm", model.weights.finalNorm)
        if !c.tied { matrix("output", model.weights.head) }
        if let factors = RotaryDivisors.of(c) {
            sources.append(TensorSource(name: "rope_freqs.weight", shape: [factors.count], values: factors))
        }
    }

    private mutating func block(_ index: Int, _ layer: LayerWeights) {
        let prefix = "blk.\(index)."
        let c = model.configuration
        norm(prefix + "attn_norm", layer.attentionNorm)
        if c.family == .gpt2, let q = layer[.q], let k = layer[.k], let v = layer[.v] {
            let parts = [Projection.q, .k, .v].map { merged.fill(index, $0) }
            add(prefix + "attn_qkv.weight", out: 3 * q.out, in: q.in) { rows, destination in
                for (offset, row) in rows.enumerated() {
                    parts[row / q.out](row % q.out..<row % q.out + 1, destination + offset * q.in)
                }
            }
            bias(prefix + "attn_qkv", [q, k, v].flatMap { $0.bias ?? [Float](repeating: 0, count: $0.out) })
        }
        let names: [(Projection, String)] = [
            (.q, "attn_q"), (.k, "attn_k"), (.v, "attn_v"), (.o, "attn_output"), (.gate, "ffn_gate"), (.up, "ffn_up"),
            (.down, "ffn_down"),
        ]
        for (projection, name) in names where !(c.family == .gpt2 && [.q, .k, .v].contains(projection)) {
            guard let matrix = layer[projection] else { continue }
            // llama.cpp interleaves the rows of q and k for its rotary kernel, in this family alone.
            let head = c.family == .llama && [.q, .k].contains(projection) ? c.headSize : 0
            let stored = { (row: Int) in Self.logicalRow(row, interleavedHead: head) }
            add(
                prefix + name + ".weight", out: matrix.out, in: matrix.in,
                merged.fill(index, projection, stored: stored))
            if let values = matrix.bias { bias(prefix + name, values.indices.map { values[stored($0)] }) }
        }
        if let query = layer.queryNorm { norm(prefix + "attn_q_norm", query) }
        if let key = layer.keyNorm { norm(prefix + "attn_k_norm", key) }
        if let post = layer.postAttentionNorm { norm(prefix + "post_attention_norm", post) }
        norm(prefix + "ffn_norm", layer.feedForwardNorm)
        if let post = layer.postFeedForwardNorm { norm(prefix + "post_ffw_norm", post) }
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

/// The divisors of rotary frequencies, as GGUF stores Llama 3's scaling.
enum RotaryDivisors {
    /// One of each pair of a head; nil where frequencies are as the base makes them. Source: llama.cpp
    /// `convert_hf_to_gguf.py`.
    static func of(_ c: ModelConfiguration) -> [Float]? {
        guard let rope = c.rope else { return nil }
        switch rope.scaling {
        case .none, .linear: return nil
        case .factors(let factors): return factors
        case .llama3(let factor, let low, let high, let context):
            return (0..<c.headSize / 2).map { index in
                let frequency = 1 / pow(Double(rope.base), Double(2 * index) / Double(c.headSize))
                let wavelength = 2 * Double.pi / frequency
                if wavelength < Double(context) / Double(high) { return 1 }
                if wavelength > Double(context) / Double(low) { return factor }
                let smooth = (Double(context) / wavelength - Double(low)) / Double(high - low)
                return Float(1 / ((1 - smooth) / Double(factor) + smooth))
            }
        }
    }
}
