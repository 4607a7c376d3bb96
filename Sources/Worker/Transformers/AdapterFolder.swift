import Foundation
import JSONDocument
import Tensors
import WeightFiles

/// Reads and writes adapters as PEFT does: `adapter_config.json` and `adapter_model.safetensors` in one folder.
///
/// Source: peft's `LoraConfig` and its file names. The factors of linear layers that a family keeps in one module are
/// written as one block-diagonal pair, and taken apart again by the rank noted in the file's metadata.
package enum AdapterFolder {
    static let rankNote = "finetuned.rank"

    /// Reads one or more adapters as one: several are stacked, that is, their products are summed, exactly. Each is a
    /// folder, or a GGUF file as llama.cpp has it.
    package static func read(_ places: [String], for model: Model) throws -> Adapter {
        let parts = try places.map {
            try $0.hasSuffix(".gguf") ? AdapterPart(gguf: $0, model: model) : AdapterPart(folder: $0, model: model)
        }
        guard let first = parts.first else {
            throw ModelFailure(
                place: "adapters", problem: "no adapter is named", remedy: "Name at least one adapter.")
        }
        let targets = Projection.allCases.filter { target in
            parts.contains { $0.factors.keys.contains { $0.projection == target } }
        }
        let lowest = parts.flatMap { $0.factors.keys.map(\.layer) }.min() ?? 0
        // A single adapter keeps its own scale, so reading gives exactly the bits that were written.
        let scale = parts.count == 1 ? first.scale : 1
        let rank = parts.reduce(0) { $0 + $1.rank }
        let adapter = try Adapter(
            AdapterLayout(rank: rank, scale: scale, targets: targets, firstLayer: lowest), for: model)
        for place in adapter.places {
            var a = [Float](repeating: 0, count: rank * place.inner)
            var b = [Float](repeating: 0, count: place.outer * rank)
            var offset = 0
            for part in parts {
                if let factors = part.factors[.init(layer: place.layer, projection: place.projection)] {
                    let ratio = factors.scale == scale ? 1 : factors.scale / scale
                    a.replaceSubrange(offset * place.inner..<(offset + factors.rank) * place.inner, with: factors.a)
                    for row in 0..<place.outer {
                        for column in 0..<factors.rank {
                            let value = factors.b[row * factors.rank + column]
                            b[row * rank + offset + column] = ratio == 1 ? value : value * ratio
                        }
                    }
                }
                offset += part.rank
            }
            adapter.set(place, a: a, b: b)
        }
        return adapter
    }

    /// Writes `adapter` of `model` into `folder`, made where it is absent. `type` is F32, F16 or BF16.
    package static func write(
        _ adapter: Adapter, of model: Model, base: String, type: StorageType = .f32, to folder: String
    ) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let layout = model.configuration.family.facts.huggingFace.with { $0.root = model.moduleRoot ?? $0.root }
        var tensors: [TensorSource] = []
        var ranks: [String: Int] = [:]
        for module in FactorPair.all(adapter, of: model, layout) {
            guard let place = layout.name(module.role) else { continue }
            let name = "base_model.model." + place
            ranks[layout.shortModule(place)] = module.rank
            tensors.append(
                TensorSource(
                    name: name + ".lora_A.weight", shape: [module.rank, module.inner], type: type, values: module.a))
            tensors.append(
                TensorSource(
                    name: name + ".lora_B.weight", shape: [module.outer, module.rank], type: type, values: module.b))
        }
        try SafetensorsWriter.write(
            tensors, metadata: ["format": "pt", rankNote: String(adapter.layout.rank)],
            to: folder + "/adapter_model.safetensors")
        var config = Config(adapter, isTransposed: layout.isTransposed, base: base, ranks: ranks)
        if let root = model.moduleRoot { config.keep(to: root + layout.blocks) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        try WeightFolder.write(try encoder.encode(config), to: folder + "/adapter_config.json")
    }

    /// `q_proj` of `self_attn.q_proj`.
    static func lastComponent(_ module: String) -> String {
        module.split(separator: ".").last.map(String.init) ?? module
    }

    /// Which modules PEFT adapts: those whose names end so, or those whose whole names an expression matches.
    private enum Modules: Encodable {
        case names([String])
        case pattern(String)

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .names(let names): try container.encode(names)
            case .pattern(let pattern): try container.encode(pattern)
            }
        }
    }

    /// The keys of `adapter_config.json` that PEFT needs.
    private struct Config: Encodable {
        var peft_type = "LORA"
        var task_type = "CAUSAL_LM"
        var base_model_name_or_path: String
        var r: Int
        var lora_alpha: Double
        var lora_dropout = 0.0
        var bias = "none"
        var fan_in_fan_out: Bool
        var inference_mode = true
        var use_rslora = false
        var target_modules: Modules
        var layers_to_transform: [Int]?
        var rank_pattern: [String: Int] = [:]
        var alpha_pattern: [String: Double] = [:]

        /// - Parameter ranks: of the modules that are covered, by the last part of their names.
        init(_ adapter: Adapter, isTransposed: Bool, base: String, ranks: [String: Int]) {
            base_model_name_or_path = base
            r = adapter.layout.rank
            // The scale already contains the square root of rsLoRA; alpha / r gives it back.
            lora_alpha = Double(adapter.layout.scale) * Double(adapter.layout.rank)
            fan_in_fan_out = isTransposed
            target_modules = .names(ranks.keys.sorted())
            let layers = Set(adapter.places.map(\.layer)).sorted()
            if let first = layers.first, first > 0 { layers_to_transform = layers }
            for (module, rank) in ranks where rank != r {
                rank_pattern[module] = rank
                alpha_pattern[module] = lora_alpha * Double(rank) / Double(r)
            }
        }

        /// Leaves the modules alone that are not in `blocks`, such as those of the part of a model that sees: they have
        /// the same names.
        mutating func keep(to blocks: String) {
            guard case .names(let names) = target_modules else { return }
            func escaped(_ text: String) -> String { text.replacing(".", with: #"\."#) }
            let layers = layers_to_transform.map { $0.map(String.init).joined(separator: "|") } ?? #"\d+"#
            let ends = names.map(escaped).joined(separator: "|")
            target_modules = .pattern(#"\#(escaped(blocks))\.(\#(layers))\.(.+\.)?(\#(ends))"#)
            // PEFT takes layers beside a list alone.
            layers_to_transform = nil
        }
    }
}
