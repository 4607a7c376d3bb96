import Foundation
import JSONDocument
import Tensors
import WeightFiles

/// Reads and writes adapters as PEFT does: `adapter_config.json` and `adapter_model.safetensors` in one folder.
///
/// Source: peft's `LoraConfig` and its file names. GPT-2 keeps q, k and v in one module, so their factors are written
/// as one block-diagonal pair of three times the rank, and taken apart again by the rank noted in the file's metadata.
package enum AdapterFolder {
    private static let rankNote = "finetuned.rank"

    /// Reads one or more folders as one adapter: several are stacked, that is, their products are summed, exactly.
    package static func read(_ folders: [String], for model: Model) throws -> Adapter {
        let parts = try folders.map { try Part(folder: $0, model: model) }
        guard let first = parts.first else {
            throw ModelFailure(
                place: "adapters", problem: "no adapter is named", remedy: "Name at least one adapter folder.")
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
                if let factors = part.factors[Key(layer: place.layer, projection: place.projection)] {
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

    /// Writes `adapter` into `folder`, made where it is absent. `type` is F32, F16 or BF16.
    ///
    /// - Parameter root: ``Model/moduleRoot`` of the base.
    package static func write(
        _ adapter: Adapter, family: ModelConfiguration.Family, base: String, root: String? = nil,
        type: StorageType = .f32, to folder: String
    ) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let layout = family.facts.huggingFace.with { $0.root = root ?? $0.root }
        let rank = adapter.layout.rank
        var tensors: [TensorSource] = []
        var modules: Set<String> = []
        func add(_ place: AdapterLayout.Place, _ module: String, _ a: [Float], _ b: [Float], rank: Int, outer: Int) {
            let name = "base_model.model." + layout.prefix(place.layer) + module
            modules.insert(lastComponent(module))
            tensors.append(
                TensorSource(name: name + ".lora_A.weight", shape: [rank, place.inner], type: type, values: a))
            tensors.append(TensorSource(name: name + ".lora_B.weight", shape: [outer, rank], type: type, values: b))
        }
        var fused: [Int: [AdapterLayout.Place]] = [:]
        for place in adapter.places {
            if layout.fuses(place.projection) {
                fused[place.layer, default: []].append(place)
            } else if let module = layout.projections[place.projection] {
                add(place, module, adapter.a(place), adapter.b(place), rank: rank, outer: place.outer)
            }
        }
        for (_, places) in fused.sorted(by: { $0.key < $1.key }) {
            guard let first = places.first, let module = layout.fused else { continue }
            var a = [Float](repeating: 0, count: 3 * rank * first.inner)
            var b = [Float](repeating: 0, count: 3 * first.outer * 3 * rank)
            for place in places {
                let block = place.projection.rawValue
                a.replaceSubrange(block * rank * place.inner..<(block + 1) * rank * place.inner, with: adapter.a(place))
                for (index, value) in adapter.b(place).enumerated() {
                    b[(block * place.outer + index / rank) * 3 * rank + block * rank + index % rank] = value
                }
            }
            add(first, module, a, b, rank: 3 * rank, outer: 3 * first.outer)
        }
        try SafetensorsWriter.write(
            tensors, metadata: ["format": "pt", rankNote: String(rank)], to: folder + "/adapter_model.safetensors")
        let config = Config(
            adapter, layout: layout, base: base, modules: modules, fused: fused.isEmpty ? nil : layout.fused)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        try WeightFolder.write(try encoder.encode(config), to: folder + "/adapter_config.json")
    }

    private struct Key: Hashable {
        let layer: Int
        let projection: Projection
    }

    private struct Factors {
        var a: [Float]
        var b: [Float]
        var rank: Int
        var scale: Float
    }

    /// `q_proj` of `self_attn.q_proj`.
    private static func lastComponent(_ module: String) -> String {
        module.split(separator: ".").last.map(String.init) ?? module
    }

    // MARK: Reading

    /// One folder's factors, checked against the model's shapes.
    private struct Part {
        var factors: [Key: Factors] = [:]
        var rank = 0
        var scale: Float = 1

        init(folder: String, model: Model) throws {
            func failure(_ place: String, _ problem: String, _ remedy: String) -> ModelFailure {
                ModelFailure(place: "\(folder)/\(place)", problem: problem, remedy: remedy)
            }
            let config = try HuggingFaceFolder.json("adapter_config.json", in: folder)
            let retrain = "Use a plain LoRA adapter."
            try Self.check(config) { failure("adapter_config.json, \($0)", $1, retrain) }
            let defaultAlpha = config["lora_alpha"]?.double ?? 8
            let rsLoRA = config["use_rslora"]?.bool ?? false
            let file = try SafetensorsFile(path: folder + "/adapter_model.safetensors")
            let note = file.metadata[rankNote].flatMap { Int($0) }
            if let stray = file.tensors.keys.first(where: { !$0.contains(".lora_A.") && !$0.contains(".lora_B.") }) {
                throw failure("adapter_model.safetensors, \(stray)", "this tensor is no low-rank factor", retrain)
            }
            let partner = { (name: String) in name.replacingOccurrences(of: ".lora_B.", with: ".lora_A.") }
            let alone = file.tensors.keys.sorted().first {
                $0.contains(".lora_B.") && (file.tensors[partner($0)] == nil || !$0.hasSuffix(".weight"))
            }
            if let alone {
                throw failure(
                    "adapter_model.safetensors, \(alone)", "this tensor has no use in a LoRA adapter", retrain)
            }
            for (name, tensor) in file.tensors where name.contains(".lora_A.") {
                guard let b = file.tensors[name.replacingOccurrences(of: ".lora_A.", with: ".lora_B.")],
                    tensor.shape.count == 2, b.shape.count == 2, b.columns == tensor.rows, tensor.rows > 0
                else {
                    throw failure(
                        "adapter_model.safetensors, \(name)", "this is no pair of low-rank factors of a layer", retrain)
                }
                let stem = name.components(separatedBy: ".lora_A.")[0]
                let alpha =
                    try Self.pattern("alpha_pattern", config, stem) {
                        failure("adapter_config.json, \($0)", $1, retrain)
                    }
                    ?? defaultAlpha
                if let rank = try Self.pattern(
                    "rank_pattern", config, stem, { failure("adapter_config.json, \($0)", $1, retrain) }),
                    rank != Double(tensor.rows)
                {
                    throw failure(
                        "adapter_config.json, rank_pattern",
                        "it gives \(lastComponent(stem)) the rank \(rank), and its factors have \(tensor.rows)", retrain
                    )
                }
                let scale = Float(rsLoRA ? alpha / Double(tensor.rows).squareRoot() : alpha / Double(tensor.rows))
                try add(stem, tensor, b, scale, note: note, model) {
                    failure("adapter_model.safetensors, \(name)", $0, retrain)
                }
            }
            guard !factors.isEmpty else {
                throw failure("adapter_model.safetensors", "the adapter holds no factors", retrain)
            }
            rank = factors.values.reduce(0) { max($0, $1.rank) }
            scale = factors.values.first.map(\.scale) ?? 1
            if factors.values.contains(where: { $0.scale != scale }) { scale = 1 }
        }

        /// Refuses adapters that compute something else than low-rank factors and their scale.
        private static func check(_ config: JSONNode, _ failure: (String, String) -> ModelFailure) throws {
            if let type = config["peft_type"]?.string, type.uppercased() != "LORA" {
                throw failure("peft_type", "'\(type)' is not supported (LORA is)")
            }
            if config["use_dora"]?.bool == true {
                throw failure("use_dora", "DoRA is not supported")
            }
            if let saved = config["modules_to_save"]?.list, !saved.isEmpty {
                throw failure("modules_to_save", "whole modules in an adapter are not supported")
            }
            if let bias = config["bias"]?.string, bias != "none" {
                throw failure("bias", "'\(bias)' is not supported (none is)")
            }
            // What changes what an adapter computes, beyond its factors and their scale.
            let others = [
                "lora_bias", "layer_replication", "trainable_token_indices", "target_parameters", "use_qalora",
                "alora_invocation_tokens", "arrow_config", "use_bdlora", "megatron_config",
            ]
            if let key = others.first(where: { config[$0].map { !DeclaredKeys.isUnset($0) } == true }) {
                throw failure(key, "this is not computed by this engine")
            }
        }

        /// What a pattern of the configuration says of a module, as peft matches it: a regular expression for the end
        /// of the module's name. Throws where two that match say different things, whose order is not known here.
        private static func pattern(
            _ key: String, _ config: JSONNode, _ stem: String, _ failure: (String, String) -> ModelFailure
        ) throws -> Double? {
            let name = stem.hasPrefix("base_model.model.") ? String(stem.dropFirst(17)) : stem
            var found: Double?
            for (text, value) in (config[key]?.members ?? [:]).sorted(by: { $0.key < $1.key }) {
                guard let expression = try? Regex("(.*\\.)?(\(text))"), let number = value.double else {
                    throw failure("\(key).\(text)", "this is no pattern with a number")
                }
                guard (try? expression.wholeMatch(in: name)) != nil else { continue }
                guard found == nil || found == number else {
                    throw failure("\(key).\(text)", "several patterns match \(name) and differ")
                }
                found = number
            }
            return found
        }

        /// Takes the factors of the module called `stem`.
        private mutating func add(
            _ stem: String, _ a: StoredTensor, _ b: StoredTensor, _ scale: Float, note: Int?, _ model: Model,
            failure: (String) -> ModelFailure
        ) throws {
            let layer: Int
            let single: Projection?
            switch model.configuration.family.facts.huggingFace.role(stem) {
            case .projection(let index, let projection): (layer, single) = (index, projection)
            case .fused(let index): (layer, single) = (index, nil)
            default: throw failure("the module \(lastComponent(stem)) cannot have an adapter here")
            }
            guard layer < model.weights.layers.count else {
                throw failure("the model has \(model.weights.layers.count) layers, so there is no layer \(layer)")
            }
            func put(_ projection: Projection, _ a: [Float], _ b: [Float], rank: Int) throws {
                guard let matrix = model.weights.layers[layer][projection] else {
                    throw failure("the model's layer has no \(projection.name)")
                }
                guard a.count == rank * matrix.in, b.count == matrix.out * rank else {
                    throw failure("the factors do not fit a layer of \(matrix.in) → \(matrix.out)")
                }
                guard (a + b).allSatisfy(\.isFinite) else { throw failure("the factors hold a NaN or an infinity") }
                factors[Key(layer: layer, projection: projection)] = Factors(a: a, b: b, rank: rank, scale: scale)
            }
            if let single { return try put(single, a.floats(), b.floats(), rank: a.rows) }
            let rank = a.rows
            let blocks = note.map { $0 * 3 == rank } ?? false
            let (av, bv) = (a.floats(), b.floats())
            for (block, projection) in Projection.fusible.enumerated() {
                let rows = b.rows / 3
                if blocks {
                    let r = rank / 3
                    let part = (0..<rows * r).map { bv[(block * rows + $0 / r) * rank + block * r + $0 % r] }
                    // A block of zeros is a projection that was never trained.
                    if part.allSatisfy({ $0 == 0 }),
                        av[block * r * a.columns..<(block + 1) * r * a.columns].allSatisfy({ $0 == 0 })
                    {
                        continue
                    }
                    try put(projection, Array(av[block * r * a.columns..<(block + 1) * r * a.columns]), part, rank: r)
                } else {
                    try put(projection, av, Array(bv[block * rows * rank..<(block + 1) * rows * rank]), rank: rank)
                }
            }
        }
    }

    // MARK: Writing

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
        var target_modules: [String]
        var layers_to_transform: [Int]?
        var rank_pattern: [String: Int] = [:]
        var alpha_pattern: [String: Double] = [:]

        init(_ adapter: Adapter, layout: TensorLayout, base: String, modules: Set<String>, fused: String?) {
            base_model_name_or_path = base
            r = adapter.layout.rank
            // The scale already contains the square root of rsLoRA; alpha / r gives it back.
            lora_alpha = Double(adapter.layout.scale) * Double(adapter.layout.rank)
            fan_in_fan_out = layout.isTransposed
            target_modules = modules.sorted()
            let layers = Set(adapter.places.map(\.layer)).sorted()
            if let first = layers.first, first > 0 { layers_to_transform = layers }
            if let fused {
                rank_pattern[lastComponent(fused)] = 3 * r
                alpha_pattern[lastComponent(fused)] = 3 * lora_alpha
            }
        }
    }
}
