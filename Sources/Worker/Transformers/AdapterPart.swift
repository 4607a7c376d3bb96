import Foundation
import JSONDocument
import Tensors
import WeightFiles

/// The factors of one folder or file, checked against the model's shapes.
struct AdapterPart {
    struct Key: Hashable {
        let layer: Int
        let projection: Projection
    }

    struct Factors {
        var a: [Float]
        var b: [Float]
        var rank: Int
        var scale: Float
    }

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
        let note = file.metadata[AdapterFolder.rankNote].flatMap { Int($0) }
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
                    "it gives \(AdapterFolder.lastComponent(stem)) the rank \(rank), and its factors have "
                        + "\(tensor.rows)", retrain)
            }
            let scale = Float(rsLoRA ? alpha / Double(tensor.rows).squareRoot() : alpha / Double(tensor.rows))
            try add(stem, tensor, b, scale, note: note, model) {
                failure("adapter_model.safetensors, \(name)", $0, retrain)
            }
        }
        guard !factors.isEmpty else {
            throw failure("adapter_model.safetensors", "the adapter holds no factors", retrain)
        }
        summarise()
    }

    /// The widest rank, and the scale where all factors have one.
    mutating func summarise() {
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
        let layout = model.configuration.family.facts.huggingFace
        guard let role = layout.role(stem) else {
            throw failure("the module \(AdapterFolder.lastComponent(stem)) cannot have an adapter here")
        }
        try add(
            role, layout, a: a.floats(), b: b.floats(), rank: a.rows, scale: scale, note: note, model, failure: failure)
    }

    /// Takes the factors A [rank × in] and B [out × rank] of what `role` stands for.
    ///
    /// - Parameter note: the rank of each part, where the factors of a fused matrix are blocks of it.
    mutating func add(
        _ role: TensorLayout.Role, _ layout: TensorLayout, a: [Float], b: [Float], rank: Int, scale: Float, note: Int?,
        _ model: Model, failure: (String) -> ModelFailure
    ) throws {
        let layer: Int
        let parts: [Projection]
        switch role {
        case .projection(let index, let projection): (layer, parts) = (index, [projection])
        case .fused(let index, let place): (layer, parts) = (index, layout.fused[place].parts)
        default: throw failure("this module cannot have an adapter here")
        }
        guard layer < model.weights.layers.count else {
            throw failure("the model has \(model.weights.layers.count) layers, so there is no layer \(layer)")
        }
        let matrices = try parts.map { projection in
            guard let matrix = model.weights.layers[layer][projection] else {
                throw failure("the model's layer has no \(projection.name)")
            }
            return matrix
        }
        let (inner, outer) = (matrices.first?.in ?? 0, matrices.reduce(0) { $0 + $1.out })
        guard a.count == rank * inner, b.count == outer * rank else {
            throw failure("the factors do not fit a layer of \(inner) → \(outer)")
        }
        guard a.allSatisfy(\.isFinite), b.allSatisfy(\.isFinite) else {
            throw failure("the factors hold a NaN or an infinity")
        }
        if let order = HeadOrder(model.configuration, layout), parts.count == 1 {
            let own = order.factors(parts[0], a: a, b: b, rank: rank, back: true)
            factors[Key(layer: layer, projection: parts[0])] = Factors(a: own.a, b: own.b, rank: rank, scale: scale)
            return
        }
        let isBlocks = parts.count > 1 && note.map { $0 * parts.count == rank } ?? false
        var first = 0
        for (block, (projection, matrix)) in zip(parts, matrices).enumerated() {
            defer { first += matrix.out }
            let rows = b[first * rank..<(first + matrix.out) * rank]
            guard isBlocks else {
                factors[Key(layer: layer, projection: projection)] = Factors(
                    a: a, b: Array(rows), rank: rank, scale: scale)
                continue
            }
            let r = rank / parts.count
            let own = Factors(
                a: Array(a[block * r * inner..<(block + 1) * r * inner]),
                b: (0..<matrix.out * r).map { rows[rows.startIndex + $0 / r * rank + block * r + $0 % r] }, rank: r,
                scale: scale)
            // A block of zeros is a projection that was never trained.
            if own.a.allSatisfy({ $0 == 0 }), own.b.allSatisfy({ $0 == 0 }) { continue }
            factors[Key(layer: layer, projection: projection)] = own
        }
    }
}
