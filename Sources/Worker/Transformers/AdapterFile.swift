import Foundation
import Tensors
import WeightFiles

/// Adapters on disk in PEFT's layout: `adapter_config.json` beside `adapter_model.safetensors`.
///
/// Source: peft 0.21 `save_pretrained`: keys `base_model.model.<path>.lora_A.weight` [r × in] and `.lora_B.weight` [out × r].
package enum AdapterFile {
    /// Writes the adapter's folder; each file appears whole or not at all. A NaN is refused.
    package static func write(_ adapter: Adapter, of model: Model, alpha: Double, rsLoRA: Bool, dropout: Double, base: String, to folder: String)
        throws
    {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let rank = adapter.layout.rank
        let sources = adapter.places.flatMap { place -> [TensorSource] in
            let path = "base_model.model." + modulePath(place.layer, place.projection, model.configuration.family)
            return [
                TensorSource(name: path + ".lora_A.weight", shape: [rank, place.inner], values: adapter.a(place)),
                TensorSource(name: path + ".lora_B.weight", shape: [place.outer, rank], values: adapter.b(place)),
            ]
        }
        try SafetensorsWriter.write(sources.sorted { $0.name < $1.name }, metadata: ["format": "pt"], to: folder + "/adapter_model.safetensors")
        let targets = Set(adapter.places.map { moduleName($0.projection, model.configuration.family) }).sorted()
        var config: [String: Any] = [
            "peft_type": "LORA", "task_type": "CAUSAL_LM", "r": rank, "lora_alpha": alpha == alpha.rounded() ? Int(alpha) as Any : alpha,
            "lora_dropout": dropout, "use_rslora": rsLoRA, "use_dora": false, "bias": "none", "fan_in_fan_out": false,
            "base_model_name_or_path": base, "target_modules": targets, "inference_mode": true, "init_lora_weights": true,
        ]
        if adapter.layout.firstLayer > 0 {
            config["layers_to_transform"] = Array(adapter.layout.firstLayer..<model.configuration.layers)
            config["layers_pattern"] = "layers"
        }
        let data = try JSONSerialization.data(withJSONObject: config, options: [.sortedKeys, .prettyPrinted])
        try data.write(to: URL(filePath: folder + "/adapter_config.json"), options: .atomic)
    }

    /// Reads a folder that ``write`` or peft wrote. Throws ``ModelFailure`` where it does not fit the model.
    package static func read(_ folder: String, for model: Model) throws -> Adapter {
        let config = try HuggingFaceFolder.json("adapter_config.json", in: folder)
        let file = try SafetensorsFile(path: folder + "/adapter_model.safetensors")
        func refuse(_ place: String, _ problem: String) -> ModelFailure {
            ModelFailure(place: "\(folder), \(place)", problem: problem, remedy: "Train the adapter again on this base model.")
        }
        guard let rank = config["r"]?.integer, (1...4096).contains(rank) else { throw refuse("r", "the rank is missing or not in 1…4096") }
        let alpha = config["lora_alpha"]?.double ?? Double(rank)
        if config["use_dora"]?.bool == true { throw refuse("use_dora", "DoRA adapters are not supported") }
        let scale = config["use_rslora"]?.bool == true ? alpha / Double(rank).squareRoot() : alpha / Double(rank)
        var found: [(layer: Int, projection: Projection, a: StoredTensor, b: StoredTensor)] = []
        for layer in 0..<model.configuration.layers {
            for projection in Projection.allCases {
                let path = "base_model.model." + modulePath(layer, projection, model.configuration.family)
                guard let a = file.tensors[path + ".lora_A.weight"], let b = file.tensors[path + ".lora_B.weight"] else { continue }
                found.append((layer, projection, a, b))
            }
        }
        guard let first = found.first else {
            throw refuse("adapter_model.safetensors", "no tensor belongs to a layer of this model, so the adapter would change nothing")
        }
        guard found.count * 2 == file.tensors.count else {
            throw refuse("adapter_model.safetensors", "\(file.tensors.count - found.count * 2) tensors belong to no layer of this model")
        }
        let layout = AdapterLayout(
            rank: rank, scale: Float(scale), targets: Projection.allCases.filter { p in found.contains { $0.projection == p } },
            firstLayer: found.reduce(first.layer) { min($0, $1.layer) })
        let adapter = try Adapter(layout, for: model)
        for part in found {
            guard let place = adapter.place(part.layer, part.projection), part.a.shape == [rank, place.inner],
                part.b.shape == [place.outer, rank]
            else { throw refuse(part.a.name, "shapes \(part.a.shape) and \(part.b.shape) do not fit the base model") }
            let (a, b) = (part.a.floats(), part.b.floats())
            guard a.allSatisfy(\.isFinite), b.allSatisfy(\.isFinite) else { throw refuse(part.a.name, "it holds a NaN or an infinity") }
            adapter.set(place, a: a, b: b)
        }
        return adapter
    }

    /// The module's path in transformers, such as `model.layers.3.self_attn.q_proj`.
    package static func modulePath(_ layer: Int, _ projection: Projection, _ family: ModelConfiguration.Family) -> String {
        let part =
            switch projection {
            case .q, .k, .v, .o: "self_attn."
            case .gate, .up, .down: "mlp."
            }
        return "model.layers.\(layer).\(part)\(moduleName(projection, family))"
    }

    private static func moduleName(_ projection: Projection, _ family: ModelConfiguration.Family) -> String {
        "\(projection.name)_proj"
    }
}
