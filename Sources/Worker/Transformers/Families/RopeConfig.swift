import Foundation
import JSONDocument

/// Rotary positions as a `config.json` says them.
extension ModelConfiguration.Rope {
    /// Reads `rope_theta` and `rope_scaling`, or the newer `rope_parameters`. Throws ``ModelFailure`` naming the key.
    init(_ config: JSONNode, file: String, base fallback: Float = 10_000) throws {
        let parameters = config["rope_parameters"]
        let base = (parameters?["rope_theta"] ?? config["rope_theta"])?.double ?? Double(fallback)
        guard base.isFinite, base > 1 else {
            throw ModelFailure(
                place: "\(file), rope_theta", problem: "\(base) is not a rotary base",
                remedy: "The file is damaged: download it again.")
        }
        self.init(base: Float(base))
        let scaling = config["rope_scaling"]?.members != nil ? config["rope_scaling"] : parameters
        guard let scaling, scaling.members != nil else { return }
        let kind = (scaling["rope_type"] ?? scaling["type"])?.string ?? "default"
        func number(_ key: String) throws -> Float {
            guard let value = scaling[key]?.double, value.isFinite, value > 0 else {
                throw ModelFailure(
                    place: "\(file), rope_scaling.\(key)", problem: "this key is missing or not positive",
                    remedy: "Download the model again.")
            }
            return Float(value)
        }
        switch kind {
        case "default": break
        case "linear": self.scaling = .linear(factor: try number("factor"))
        case "llama3":
            self.scaling = .llama3(
                factor: try number("factor"), lowFrequency: try number("low_freq_factor"),
                highFrequency: try number("high_freq_factor"),
                originalContext: try number("original_max_position_embeddings"))
        default:
            throw ModelFailure(
                place: "\(file), rope_scaling",
                problem: "the scaling '\(kind)' is not supported (default, linear and llama3 are)",
                remedy: "Choose another base model.")
        }
    }

    /// What `rope_scaling` says; nil where nothing is scaled. Throws ``ExportFailure`` for divisors that are not Llama
    /// 3's.
    func configScaling(headSize: Int, place: String) throws -> [String: Any]? {
        switch scaling {
        case .none: return nil
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
