import Foundation
import Tensors
import Transformers
import WeightFiles

/// Writes a Hugging Face folder with the adapter merged in, in float32, so that what was quantised stays exactly what
/// it was.
package enum HuggingFaceExport {
    /// Where the base's configuration and tokenizer come from.
    package enum Base {
        case gguf(GGUFFile)
        /// A folder whose own files are copied.
        case folder(HuggingFaceFolder)
    }

    /// Writes all files into `folder`, made where it is absent; large models are cut into shards of about `shardBytes`.
    ///
    /// Throws what `interruption`, asked every megabyte, throws.
    package static func write(
        _ model: Model, base: Base, adapter: Adapter?, to folder: String, shardBytes: Int = 4 << 30,
        interruption: Interruption = {}
    ) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        switch base {
        case .gguf(let file):
            try TokenizerExport.put(
                try HuggingFaceConfig.make(model.configuration, gguf: file), to: folder + "/config.json", sorted: true)
            var generation: [String: Any] = ["do_sample": false]
            for (key, name) in [("bos_token_id", "bos"), ("eos_token_id", "eos"), ("pad_token_id", "padding")] {
                generation[key] = file.metadata["tokenizer.ggml.\(name)_token_id"]?.integer
            }
            try TokenizerExport.put(generation, to: folder + "/generation_config.json", sorted: true)
            try TokenizerExport.write(file, to: folder)
        case .folder(let source):
            for name in source.files
            where !name.hasSuffix(".safetensors") && !name.hasSuffix(".index.json") && name != "config.json" {
                try WeightFolder.write(
                    try Data(contentsOf: URL(filePath: source.path + "/" + name)), to: folder + "/" + name)
            }
            let data = try Data(contentsOf: URL(filePath: source.path + "/config.json"))
            guard var config = try JSONSerialization.jsonObject(with: data) as? [String: Any] else {
                throw ExportFailure(
                    place: source.path + "/config.json", problem: "this is no JSON object",
                    remedy: "Register the base again.")
            }
            config["torch_dtype"] = "float32"
            config["dtype"] = "float32"
            config.removeValue(forKey: "quantization_config")
            try TokenizerExport.put(config, to: folder + "/config.json", sorted: true)
        }
        try writeShards(tensors(model, adapter), to: folder, shardBytes: shardBytes, interruption)
    }

    private static func writeShards(
        _ tensors: [TensorSource], to folder: String, shardBytes: Int, _ interruption: Interruption
    )
        throws
    {
        func size(_ tensor: TensorSource) -> Int { tensor.shape.reduce(4, *) }
        var shards: [[TensorSource]] = [[]]
        var bytes = 0
        for tensor in tensors {
            if bytes > 0, bytes + size(tensor) > shardBytes {
                shards.append([])
                bytes = 0
            }
            shards[shards.count - 1].append(tensor)
            bytes += size(tensor)
        }
        if shards.count == 1 {
            return try SafetensorsWriter.write(
                shards[0], metadata: ["format": "pt"], to: folder + "/model.safetensors", interruption: interruption)
        }
        var map: [String: Any] = [:]
        for (index, shard) in shards.enumerated() {
            let name = String(format: "model-%05d-of-%05d.safetensors", index + 1, shards.count)
            try SafetensorsWriter.write(
                shard, metadata: ["format": "pt"], to: folder + "/" + name, interruption: interruption)
            for tensor in shard { map[tensor.name] = name }
        }
        try TokenizerExport.put(
            ["metadata": ["total_size": tensors.reduce(0) { $0 + size($1) }], "weight_map": map],
            to: folder + "/model.safetensors.index.json", sorted: true)
    }

    /// Every tensor under its Hugging Face name.
    private static func tensors(_ model: Model, _ adapter: Adapter?) -> [TensorSource] {
        let c = model.configuration
        let isGPT2 = c.family == .gpt2
        let merged = MergedRows(model: model, adapter: adapter)
        let offset = HuggingFaceNames.normOffset(c.family)
        var tensors: [TensorSource] = []
        func add(_ name: String, _ norm: NormWeights) {
            tensors.append(
                TensorSource(
                    name: name + ".weight", shape: [norm.weight.count], values: norm.weight.map { $0 - offset }))
            if let bias = norm.bias {
                tensors.append(TensorSource(name: name + ".bias", shape: [bias.count], values: bias))
            }
        }
        func add(
            _ name: String, _ matrix: WeightMatrix, _ fill: @escaping (Range<Int>, UnsafeMutablePointer<Float>) -> Void
        ) {
            if isGPT2, name.contains(".h.") {
                tensors.append(transposed(name + ".weight", out: matrix.out, in: matrix.in, fill))
            } else {
                tensors.append(
                    TensorSource(name: name + ".weight", shape: [matrix.out, matrix.in], type: .f32, fill: fill))
            }
            if let bias = matrix.bias {
                tensors.append(TensorSource(name: name + ".bias", shape: [bias.count], values: bias))
            }
        }
        let root = isGPT2 ? "transformer" : "model"
        add(
            isGPT2 ? "transformer.wte" : "model.embed_tokens", model.weights.embedding,
            MergedRows.fill(model.weights.embedding))
        if let positions = model.weights.positions { add("transformer.wpe", positions, MergedRows.fill(positions)) }
        for (index, layer) in model.weights.layers.enumerated() {
            let prefix = isGPT2 ? "transformer.h.\(index)." : "model.layers.\(index)."
            for (name, norm) in HuggingFaceNames.norms(layer, c.family) { add(prefix + name, norm) }
            if isGPT2, let q = layer[.q], let k = layer[.k], let v = layer[.v] {
                let parts = [Projection.q, .k, .v].map { merged.fill(index, $0) }
                tensors.append(
                    transposed(prefix + "attn.c_attn.weight", out: 3 * q.out, in: q.in) { rows, destination in
                        for (place, row) in rows.enumerated() {
                            parts[row / q.out](row % q.out..<row % q.out + 1, destination + place * q.in)
                        }
                    })
                let bias = [q, k, v].flatMap { $0.bias ?? [Float](repeating: 0, count: $0.out) }
                tensors.append(TensorSource(name: prefix + "attn.c_attn.bias", shape: [bias.count], values: bias))
            }
            for projection in Projection.allCases where !(isGPT2 && [.q, .k, .v].contains(projection)) {
                guard let matrix = layer[projection] else { continue }
                add(prefix + AdapterFolder.module(c.family, projection), matrix, merged.fill(index, projection))
            }
        }
        add(isGPT2 ? "transformer.ln_f" : root + ".norm", model.weights.finalNorm)
        if !c.tied { add("lm_head", model.weights.head, MergedRows.fill(model.weights.head)) }
        return tensors
    }

    /// GPT-2's Conv1D keeps matrices as [in × out]. They are small enough to be turned in memory.
    private static func transposed(
        _ name: String, out: Int, in inner: Int, _ fill: @escaping (Range<Int>, UnsafeMutablePointer<Float>) -> Void
    ) -> TensorSource {
        TensorSource(name: name, shape: [inner, out], type: .f32) { rows, destination in
            let row = UnsafeMutablePointer<Float>.allocate(capacity: inner)
            defer { row.deallocate() }
            for column in 0..<out {
                fill(column..<column + 1, row)
                for (place, index) in rows.enumerated() { destination[place * out + column] = row[index] }
            }
        }
    }
}
