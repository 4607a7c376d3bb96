import Foundation
import JSONDocument

/// Rotary positions as a `config.json` says them.
extension ModelConfiguration.Rope {
    /// Reads `rope_theta` and `rope_scaling`, or the newer `rope_parameters`, as transformers does: what the former
    /// says comes first, and a base inside either comes before one beside it. Throws ``ModelFailure`` naming the key.
    ///
    /// - Parameter more: what the family takes beyond a base, linear scaling and Llama 3's; nothing where it is nil.
    init(_ source: ShapeSource, base fallback: Double = 10_000, _ more: RopeForms? = nil) throws {
        let key = source["rope_scaling"].map { !DeclaredKeys.isUnset($0) } == true ? "rope_scaling" : "rope_parameters"
        try self.init(
            source[key], place: "\(source.file), \(key)", base: source.value("rope_theta") ?? fallback, more)
    }

    /// Reads one object of rotary parameters; `base` is what counts where it names none.
    init(_ parameters: JSONNode?, place: String, base fallback: Double, _ more: RopeForms? = nil) throws {
        guard parameters == nil || parameters?.members != nil else {
            throw ModelFailure(
                place: place, problem: "this is no object of rotary parameters", remedy: "Download the model again.")
        }
        let base = parameters?["rope_theta"]?.double ?? fallback
        guard base.isFinite, base > 1 else {
            throw ModelFailure(
                place: "\(place), rope_theta", problem: "\(base) is not a rotary base",
                remedy: "The file is damaged: download it again.")
        }
        self.init(base: Float(base))
        guard let parameters else { return }
        let kind = (parameters["rope_type"] ?? parameters["type"])?.string ?? "default"
        if let more, try read(parameters, kind, place, more) { return }
        let numbers = try Self.numbers(of: kind, place: place)
        var rules: [String: DeclaredKeys.Rule] = [
            "rope_theta": .read(), "rope_type": .read(), "type": .read(),
            "original_max_position_embeddings": .read(), "partial_rotary_factor": .only([.integer(1)]),
            "factor": .only([.integer(1)]), "attention_factor": .only([.integer(1)]),
        ]
        for key in numbers { rules[key] = .read() }
        try DeclaredKeys(rules).check(
            parameters.members ?? [:], file: place, of: "rotary positions of type '\(kind)'")
        let values = try numbers.map { key in
            guard let value = parameters[key]?.double, value.isFinite, value > 0 else {
                throw ModelFailure(
                    place: "\(place), \(key)", problem: "this key is missing or not positive",
                    remedy: "Download the model again.")
            }
            return Float(value)
        }
        switch kind {
        case "linear": scaling = .linear(factor: values[0])
        case "llama3":
            scaling = .llama3(
                factor: values[0], lowFrequency: values[1], highFrequency: values[2], originalContext: values[3])
        default: break
        }
    }

    /// The numbers that a kind of scaling needs. Throws ``ModelFailure`` for kinds that are not computed.
    private static func numbers(of kind: String, place: String) throws -> [String] {
        switch kind {
        case "default": return []
        case "linear": return ["factor"]
        case "llama3":
            return ["factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"]
        default:
            throw ModelFailure(
                place: place, problem: "the scaling '\(kind)' is not supported (default, linear and llama3 are)",
                remedy: "Choose another base model.")
        }
    }

    /// What `rope_scaling` says; nil where nothing is scaled. Throws ``ExportFailure`` for divisors that are not Llama
    /// 3's.
    func configScaling(headSize: Int, place: String) throws -> [String: Any]? {
        switch scaling {
        case .none, .long, .proportional: return nil
        case .yarn(let factor, let fast, let slow, let context):
            return [
                "rope_type": "yarn", "factor": ConfigNumber.of(factor), "beta_fast": ConfigNumber.of(fast),
                "beta_slow": ConfigNumber.of(slow), "original_max_position_embeddings": context,
                "attention_factor": ConfigNumber.of(attention),
            ]
        case .linear(let factor): return ["rope_type": "linear", "factor": ConfigNumber.of(factor)]
        case .llama3(let factor, let low, let high, let context):
            return [
                "rope_type": "llama3", "factor": ConfigNumber.of(factor), "low_freq_factor": ConfigNumber.of(low),
                "high_freq_factor": ConfigNumber.of(high), "original_max_position_embeddings": Int(context),
            ]
        case .factors(let factors):
            // A GGUF keeps the divisors of Llama 3's scaling; those of the published models have one factor and fixed
            // bounds.
            let factor = factors.max() ?? 1
            let (low, high, context): (Double, Double, Double) = (1, 4, 8192)
            for (index, stored) in factors.enumerated() {
                let plain = 1 / pow(Double(base), Double(2 * index) / Double(headSize))
                let wavelength = 2 * Double.pi / plain
                let smooth = (context / wavelength - low) / (high - low)
                let scaled =
                    wavelength > context / low
                    ? plain / Double(factor)
                    : wavelength < context / high ? plain : (1 - smooth) * plain / Double(factor) + smooth * plain
                guard abs(plain / scaled - Double(stored)) < 1e-3 * Double(stored) else {
                    throw ExportFailure(
                        place: "\(place), rope_freqs.weight",
                        problem: "these rotary divisors are not Llama 3's, so config.json cannot say them",
                        remedy: "Export as GGUF instead.")
                }
            }
            return [
                "rope_type": "llama3", "factor": ConfigNumber.of(factor), "low_freq_factor": low,
                "high_freq_factor": high, "original_max_position_embeddings": Int(context),
            ]
        }
    }
}

/// Numbers of a `config.json`.
enum ConfigNumber {
    /// A float as people write it: 1e-05 and not 9.99999974e-06.
    static func of(_ value: Float) -> Any { NSNumber(value: Double(value.description) ?? Double(value)) }
}
