import Foundation
import ModelLoading
import Tensors
import Transformers
import WeightFiles

/// Writes a Hugging Face folder with the adapter merged in.
package enum HuggingFaceExport {
    /// Where the base's configuration and tokenizer come from.
    package enum Base {
        case gguf(GGUFFile)
        /// A folder whose own files are copied.
        case folder(HuggingFaceFolder)

        /// The files that a model was loaded from.
        package init(_ loaded: LoadedModel) throws {
            if let gguf = loaded.gguf {
                self = .gguf(gguf)
            } else {
                self = .folder(try HuggingFaceFolder(path: loaded.path))
            }
        }
    }

    /// Writes all files into `folder`, made where it is absent; large models are cut into shards of about `shardBytes`.
    /// `type` is F32, which keeps exactly what was quantised, F16 or BF16.
    ///
    /// Throws what `interruption`, asked every megabyte, throws.
    package static func write(
        _ model: Model, base: Base, adapter: Adapter?, type: StorageType = .f32, to folder: String,
        shardBytes: Int = 4 << 30,
        interruption: Interruption = {}
    ) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        switch base {
        case .gguf(let file):
            try TokenizerExport.put(
                configuration: try HuggingFaceConfig.make(model.configuration, gguf: file, type: type),
                to: folder + "/config.json")
            var generation: [String: Any] = ["do_sample": false]
            for (key, name) in [("bos_token_id", "bos"), ("pad_token_id", "padding")] {
                generation[key] = file.metadata["tokenizer.ggml.\(name)_token_id"]?.integer
            }
            generation["eos_token_id"] = ends(try TokenizerFile(file).tokenizer.ends)
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
            if WrappedModel.wraps(config["model_type"] as? String) {
                config = HuggingFaceConfig.unwrapped(config, model.configuration)
            }
            if !source.files.contains("generation_config.json"), source.files.contains("tokenizer.json") {
                let tokenizer = try TokenizerFile(path: source.path).tokenizer
                var generation: [String: Any] = ["do_sample": false]
                generation["eos_token_id"] = ends(tokenizer.ends)
                generation["bos_token_id"] = tokenizer.bos.map { Int($0) }
                generation["pad_token_id"] = tokenizer.padding.map { Int($0) }
                try TokenizerExport.put(generation, to: folder + "/generation_config.json", sorted: true)
            }
            config["torch_dtype"] = HuggingFaceConfig.name(type)
            config["dtype"] = HuggingFaceConfig.name(type)
            config.removeValue(forKey: "quantization_config")
            // Of layers of Mamba 2, of which no model here has one; transformers reads it only as it wrote it.
            config.removeValue(forKey: "time_step_limit")
            try TokenizerExport.put(configuration: config, to: folder + "/config.json")
        }
        try writeShards(tensors(model, adapter, type), to: folder, shardBytes: shardBytes, interruption)
    }

    /// The ids that end an answer, as `eos_token_id` has them: one, or a list; nil where there are none.
    private static func ends(_ ids: [Int32]) -> Any? {
        ids.count > 1 ? ids.map { Int($0) } as Any : ids.first.map { Int($0) as Any }
    }

    static func writeShards(
        _ tensors: [TensorSource], to folder: String, shardBytes: Int, _ interruption: Interruption
    )
        throws
    {
        func size(_ tensor: TensorSource) -> Int { tensor.byteCount ?? 0 }
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
    private static func tensors(_ model: Model, _ adapter: Adapter?, _ type: StorageType) -> [TensorSource] {
        let c = model.configuration
        let layout = c.family.facts.huggingFace
        let merged = MergedRows(model: model, adapter: adapter)
        let order = HeadOrder(c, layout)
        var tensors: [TensorSource] = []
        func add(_ name: String, bias: [Float]?) {
            guard let bias else { return }
            tensors.append(TensorSource(name: name + ".bias", shape: [bias.count], type: type, values: bias))
        }
        func add(_ name: String, _ norm: NormWeights, _ kind: BlockNorm? = nil) {
            let offset = layout.offset(kind)
            tensors.append(
                TensorSource(
                    name: name + ".weight", shape: [norm.weight.count], type: type,
                    values: norm.weight.map { $0 - offset }))
            add(name, bias: norm.bias)
        }
        func add(_ name: String, out: Int, in inner: Int, turned: Bool = false, _ fill: @escaping Fill) {
            tensors.append(
                turned
                    ? transposed(name + ".weight", out: out, in: inner, type, fill)
                    : TensorSource(name: name + ".weight", shape: [out, inner], type: type, fill: fill))
        }
        func add(_ name: String, _ matrix: WeightMatrix) {
            add(name, out: matrix.out, in: matrix.in, MergedRows.fill(matrix))
            add(name, bias: matrix.bias)
        }
        add(layout.root + layout.embedding, model.weights.embedding)
        if let positions = model.weights.positions, let name = layout.positions { add(layout.root + name, positions) }
        if let perLayer = model.weights.perLayer, let names = layout.perLayer {
            add(layout.root + names.embedding, perLayer.embedding)
            add(layout.root + names.projection, perLayer.projection)
            add(layout.root + names.norm, perLayer.norm)
        }
        for (index, layer) in model.weights.layers.enumerated() {
            let prefix = layout.prefix(index)
            for (norm, name) in layout.norms { if let weights = layer[norm] { add(prefix + name, weights, norm) } }
            for fused in layout.fused {
                let parts = fused.parts.compactMap { layer[$0] }
                add(
                    prefix + fused.name, out: parts.reduce(0) { $0 + $1.out }, in: parts.first?.in ?? 0,
                    turned: layout.isTransposed, merged.fused(index, fused.parts))
                add(prefix + fused.name, bias: parts.joinedBias)
            }
            for projection in Projection.allCases where !layout.fuses(projection) {
                guard let matrix = layer[projection], let name = layout.projections[projection] else { continue }
                add(
                    prefix + name, out: matrix.out, in: matrix.in, turned: layout.isTransposed,
                    merged.fill(
                        index, projection, stored: { order?.row($0, of: projection) ?? $0 },
                        columns: order?.columns(of: projection)))
                add(prefix + name, bias: matrix.bias)
            }
            tensors += others(layer, layout, prefix, order, type)
        }
        add(layout.root + layout.finalNorm, model.weights.finalNorm)
        if !c.tied { add(layout.head, model.weights.head) }
        return tensors
    }

    /// What a block has beside projections and norms.
    private static func others(
        _ layer: LayerWeights, _ layout: TensorLayout, _ prefix: String, _ order: HeadOrder?, _ type: StorageType
    ) -> [TensorSource] {
        var tensors: [TensorSource] = []
        if let name = layout.scalar {
            tensors.append(TensorSource(name: prefix + name, shape: [1], type: type, values: [layer.scalar]))
        }
        if let kernel = layer.kernel, let name = layout.kernel {
            tensors.append(
                TensorSource(
                    name: prefix + name + ".weight", shape: [kernel.width, 1, kernel.taps], type: type,
                    values: order?.channels(kernel.stored, taps: kernel.taps) ?? kernel.stored))
        }
        if let decay = layer.decay, let names = layout.decay {
            for (name, values) in [(names.rate, decay.rate), (names.bias, decay.bias)] {
                tensors.append(
                    TensorSource(
                        name: prefix + name, shape: [values.count], type: type, values: order?.heads(values) ?? values))
            }
        }
        return tensors
    }

    private typealias Fill = (Range<Int>, UnsafeMutablePointer<Float>) -> Void

    /// A matrix kept as [in × out]. Those of GPT-2 are small enough to be turned in memory.
    private static func transposed(
        _ name: String, out: Int, in inner: Int, _ type: StorageType, _ fill: @escaping Fill
    ) -> TensorSource {
        TensorSource(name: name, shape: [inner, out], type: type) { rows, destination in
            let row = UnsafeMutablePointer<Float>.allocate(capacity: inner)
            defer { row.deallocate() }
            for column in 0..<out {
                fill(column..<column + 1, row)
                for (place, index) in rows.enumerated() { destination[place * out + column] = row[index] }
            }
        }
    }
}
