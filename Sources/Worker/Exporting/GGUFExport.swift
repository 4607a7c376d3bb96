import Tensors
import Transformers
import WeightFiles

/// Writes a GGUF with the adapter merged in: the base's own metadata and tensor names, matrices as F16 or Q8_0, the rest as F32.
package enum GGUFExport {
    /// Writes `path`. Matrices whose rows are no whole Q8_0 blocks become F16.
    package static func write(_ model: Model, base: GGUFFile, adapter: Adapter?, type: StorageType, to path: String) throws {
        let merged = MergedRows(model: model, adapter: adapter)
        var tensors: [TensorSource] = []
        for name in base.tensorNames {
            let tensor = try base.tensor(name)
            // Vectors stay exact; llama.cpp expects norms and biases as F32.
            let isMatrix = tensor.shape.count > 1 && !name.contains("position_embd")
            let target: StorageType = !isMatrix ? .f32 : type.rowBytes(tensor.columns) == nil ? .f16 : type
            let fill: (Range<Int>, UnsafeMutablePointer<Float>) -> Void
            if let (layer, projection) = projection(of: name), let matrix = model.weights.layers[layer][projection] {
                let head = Int(matrix.kernel.interleaved_head)
                fill = merged.fill(layer, projection) { logicalRow($0, interleavedHead: head) }
            } else if let layer = fusedLayer(name) {
                let width = model.configuration.width
                let parts = [Projection.q, .k, .v].map { merged.fill(layer, $0) }
                fill = { rows, destination in
                    for (offset, row) in rows.enumerated() {
                        parts[row / width](row % width..<row % width + 1, destination + offset * tensor.columns)
                    }
                }
            } else {
                fill = { rows, destination in tensor.dequantize(rows: rows, into: destination) }
            }
            tensors.append(TensorSource(name: name, shape: tensor.shape, type: target, fill: fill))
        }
        // ggml's file types: 1 is "mostly F16", 7 "mostly Q8_0".
        var metadata = base.rawMetadata.filter { $0.key != "general.file_type" && !$0.key.hasPrefix("split.") }
            .map { ($0.key, GGUFWriter.Value.raw($0.bytes)) }
        metadata.append(("general.file_type", .uint32(type == .q8_0 ? 7 : 1)))
        try GGUFWriter.write(tensors, metadata: metadata, to: path)
    }

    /// `blk.3.attn_q.weight` → layer 3, q.
    static func projection(of name: String) -> (Int, Projection)? {
        let parts = name.split(separator: ".")
        guard parts.count == 4, parts[0] == "blk", parts[3] == "weight", let layer = Int(parts[1]) else { return nil }
        let names: [Substring: Projection] = [
            "attn_q": .q, "attn_k": .k, "attn_v": .v, "attn_output": .o, "ffn_gate": .gate, "ffn_up": .up, "ffn_down": .down,
        ]
        return names[parts[2]].map { (layer, $0) }
    }

    /// The layer of GPT-2's q, k and v in one matrix.
    private static func fusedLayer(_ name: String) -> Int? {
        let parts = name.split(separator: ".")
        guard parts.count == 4, parts[2] == "attn_qkv", parts[3] == "weight" else { return nil }
        return Int(parts[1])
    }

    /// The logical row that a GGUF with interleaved heads stores at `row`.
    static func logicalRow(_ row: Int, interleavedHead head: Int) -> Int {
        guard head > 0 else { return row }
        let place = row % head
        return row - place + place / 2 + place % 2 * (head / 2)
    }
}
