import Foundation
import ModelLoading
import Nouns
import Tensors
import Transformers
import WeightFiles

/// Writes a model that only other engines compute with, by the names of its tensors: W + scale · B · A, and nothing
/// of it is run.
package struct EngineExport {
    private let model: EngineModel
    private let type: StorageType
    private let interruption: Interruption

    /// - Parameter type: the number type of merged weights.
    package init(_ model: EngineModel, type: StorageType, interruption: @escaping Interruption) {
        self.model = model
        self.type = type
        self.interruption = interruption
    }

    // MARK: - Adapters

    /// Writes one PEFT folder of the adapters in `folders`: the only one as it is, several as one whose product is the
    /// sum of theirs.
    package func writeAdapter(of folders: [String], base: String, to folder: String) throws {
        let source = folders[folders.count - 1]
        let data = try Data(contentsOf: URL(filePath: source + "/adapter_config.json"))
        guard var config = try JSONSerialization.jsonObject(with: data) as? [String: Any] else {
            throw ExportFailure(
                place: source + "/adapter_config.json", problem: "this is no JSON object",
                remedy: "Restore the version's folder.")
        }
        config["base_model_name_or_path"] = base
        config["inference_mode"] = true
        if folders.count == 1 {
            try WeightFolder.write(
                try Data(contentsOf: URL(filePath: source + "/adapter_model.safetensors")),
                to: folder + "/adapter_model.safetensors")
        } else {
            let rank = model.adapter.modules.values.map { $0.reduce(0) { $0 + $1.rank } }.max() ?? 1
            try SafetensorsWriter.write(
                stacked(rank), metadata: ["format": "pt"], to: folder + "/adapter_model.safetensors",
                interruption: interruption)
            // The scales are in the factors.
            (config["r"], config["lora_alpha"], config["use_rslora"]) = (rank, rank, false)
            let leaves = Set(model.adapter.modules.keys.map { $0.split(separator: ".").last.map(String.init) ?? $0 })
            config["target_modules"] = leaves.sorted()
            config.removeValue(forKey: "layers_to_transform")
        }
        try TokenizerExport.put(config, to: folder + "/adapter_config.json", sorted: true)
    }

    /// The factors of all parts one below the other, filled up to one rank by zeros.
    private func stacked(_ rank: Int) -> [TensorSource] {
        model.adapter.modules.sorted { $0.key < $1.key }.flatMap { name, parts -> [TensorSource] in
            guard let first = parts.first else { return [] }
            let (inner, outer) = (first.a.in, first.b.out)
            var a = [Float](repeating: 0, count: rank * inner)
            var b = [Float](repeating: 0, count: outer * rank)
            var offset = 0
            for part in parts {
                a.withUnsafeMutableBufferPointer { buffer in
                    guard let start = buffer.baseAddress else { return }
                    for row in 0..<part.rank { part.a.row(row, into: start + (offset + row) * inner) }
                }
                var row = [Float](repeating: 0, count: part.rank)
                for index in 0..<outer {
                    row.withUnsafeMutableBufferPointer {
                        if let start = $0.baseAddress { part.b.row(index, into: start) }
                    }
                    for (column, value) in row.enumerated() { b[index * rank + offset + column] = part.scale * value }
                }
                offset += part.rank
            }
            let stem = "base_model.model." + name
            return [
                TensorSource(name: stem + ".lora_A.weight", shape: [rank, inner], values: a),
                TensorSource(name: stem + ".lora_B.weight", shape: [outer, rank], values: b),
            ]
        }
    }

    // MARK: - Merged weights

    /// Writes a Hugging Face folder with the adapters merged in.
    package func writeMerged(template: String?, to folder: String) throws {
        let source = model.base.folder
        for name in source.files
        where !name.hasSuffix(".safetensors") && !name.hasSuffix(".index.json") && name != "config.json" {
            try WeightFolder.write(
                try Data(contentsOf: URL(filePath: source.path + "/" + name)), to: folder + "/" + name)
        }
        if let template {
            try WeightFolder.write(Data(template.utf8), to: folder + "/" + TokenizerFile.templateName)
        }
        let data = try Data(contentsOf: URL(filePath: source.path + "/config.json"))
        guard var config = try JSONSerialization.jsonObject(with: data) as? [String: Any] else {
            throw ExportFailure(
                place: source.path + "/config.json", problem: "this is no JSON object",
                remedy: "Register the base again.")
        }
        (config["torch_dtype"], config["dtype"]) = (HuggingFaceConfig.name(type), HuggingFaceConfig.name(type))
        try TokenizerExport.put(config, to: folder + "/config.json", sorted: true)
        let tensors = source.tensors.keys.sorted().compactMap(merged)
        try HuggingFaceExport.writeShards(tensors, to: folder, shardBytes: 4 << 30, interruption)
    }

    /// A tensor with what was trained; of the base where full fine-tuning did not write it.
    private func merged(_ name: String) -> TensorSource? {
        guard let tensor = model.weights.folder.tensors[name] ?? model.base.folder.tensors[name] else { return nil }
        let matrix = WeightMatrix(tensor)
        let parts = name.hasSuffix(".weight") ? model.adapter.modules[String(name.dropLast(7))] ?? [] : []
        return TensorSource(name: name, shape: tensor.shape, type: type) { rows, destination in
            for (offset, row) in rows.enumerated() { matrix.row(row, into: destination + offset * matrix.in) }
            for part in parts { part.add(rows, to: destination) }
        }
    }

    // MARK: - Looking at it

    /// Reads what was written and compares every sixteenth row of it with what it should be: to the last bit in F32,
    /// within the number type's step else. Throws ``ExportFailure`` where it is something else.
    package func verified(at folder: String, isAdapter: Bool, isTrained: Bool) throws -> [String: Double] {
        if isAdapter {
            let back = try NamedAdapter([folder], for: model.weights)
            guard back.modules.keys == model.adapter.modules.keys else {
                throw fault(folder, "the written adapter changes other layers than the one in memory")
            }
            return ["modules": Double(back.modules.count)]
        }
        let back = try HuggingFaceFolder(path: folder)
        var (largest, changed) = (0.0, 0)
        for name in model.base.folder.tensors.keys.sorted() {
            try interruption()
            guard let written = back.tensors[name], let source = merged(name), written.shape == source.shape else {
                throw fault("\(folder), \(name)", "this tensor was not written, or in another shape")
            }
            let difference = Self.difference(WeightMatrix(written), source)
            guard difference <= step else {
                throw fault("\(folder), \(name)", "this tensor was written with a relative error of \(difference)")
            }
            largest = max(largest, difference)
            if let old = model.base.folder.tensors[name], Self.differ(WeightMatrix(written), WeightMatrix(old)) {
                changed += 1
            }
        }
        guard !isTrained || changed > 0 else {
            throw fault(folder, "the written model is the base itself: what was trained is lost")
        }
        return ["largest_weight_difference": largest, "changed_tensors": Double(changed)]
    }

    /// The largest relative error of a number type's rounding.
    private var step: Double {
        switch type {
        case .bf16: 1.0 / 256
        case .f16: 1.0 / 1024
        default: 0
        }
    }

    /// The largest difference of every sixteenth row, by the largest number of that row.
    private static func difference(_ written: WeightMatrix, _ source: TensorSource) -> Double {
        var (found, wanted) = ([Float](repeating: 0, count: written.in), [Float](repeating: 0, count: written.in))
        var worst = 0.0
        for row in stride(from: 0, to: written.out, by: 16) {
            found.withUnsafeMutableBufferPointer { if let start = $0.baseAddress { written.row(row, into: start) } }
            wanted.withUnsafeMutableBufferPointer {
                if let start = $0.baseAddress { source.fill(row..<row + 1, start) }
            }
            let size = Double(wanted.reduce(0) { max($0, abs($1)) })
            let difference = zip(found, wanted).reduce(0) { max($0, abs(Double($1.0) - Double($1.1))) }
            worst = max(worst, difference / max(size, 1e-30))
        }
        return worst
    }

    private static func differ(_ one: WeightMatrix, _ other: WeightMatrix) -> Bool {
        var (left, right) = ([Float](repeating: 0, count: one.in), [Float](repeating: 0, count: one.in))
        for row in stride(from: 0, to: one.out, by: 16) {
            left.withUnsafeMutableBufferPointer { if let start = $0.baseAddress { one.row(row, into: start) } }
            right.withUnsafeMutableBufferPointer { if let start = $0.baseAddress { other.row(row, into: start) } }
            if left != right { return true }
        }
        return false
    }

    private func fault(_ place: String, _ problem: String) -> ExportFailure {
        ExportFailure(
            place: place, problem: problem, remedy: "Report this with the base and the format; do not use the files.")
    }
}
