import Foundation
import JSONDocument

/// The forms of rotary positions in a `config.json` that some families take beyond those of every family.
struct RopeForms {
    /// Whether YaRN is taken.
    var yarn = false
    /// Whether LongRoPE is taken, and a part of each head may be rotated.
    var long = false
    /// Whether a part of each head may be rotated.
    var partial = false
    /// The longest text, and that of before the frequencies were scaled where a key beside says so.
    var context: Int
    var originalContext: Int?
    var headSize: Int
    /// Keys that the family reads by itself.
    var read: [String] = []
}

extension ModelConfiguration.Rope {
    /// Reads what only some families take. Returns false for what every family takes, and throws ``ModelFailure``
    /// naming the key at fault.
    mutating func read(_ parameters: JSONNode, _ kind: String, _ place: String, _ forms: RopeForms) throws -> Bool {
        let isLong = forms.long && ["longrope", "su"].contains(kind)
        let isYarn = forms.yarn && kind == "yarn"
        let isPartial = forms.long || forms.partial
        guard isLong || isYarn || (isPartial || !forms.read.isEmpty) && kind == "default" else { return false }
        var known = ["rope_theta", "rope_type", "type", "original_max_position_embeddings"] + forms.read
        if isPartial { known.append("partial_rotary_factor") }
        if isLong { known += ["short_factor", "long_factor", "factor", "attention_factor"] }
        if isYarn {
            known += ["factor", "beta_fast", "beta_slow", "mscale", "mscale_all_dim", "attention_factor"]
        }
        var rules = Dictionary(known.map { ($0, DeclaredKeys.Rule.read()) }, uniquingKeysWith: { first, _ in first })
        if isYarn { rules["truncate"] = .only([.flag(true)]) }
        try DeclaredKeys(rules).check(
            parameters.members ?? [:], file: place, of: "rotary positions of type '\(kind)'")
        func number(_ key: String, _ fallback: Double?) throws -> Double {
            let value = parameters[key].flatMap { $0 == .null ? nil : $0 }
            guard let found = value == nil ? fallback : value?.double, found.isFinite, found > 0 else {
                throw ModelFailure(
                    place: "\(place), \(key)", problem: "this key is missing or not positive",
                    remedy: "Download the model again.")
            }
            return found
        }
        if isPartial, let share = parameters["partial_rotary_factor"]?.double {
            rotated = Int(Double(forms.headSize) * min(1, max(0, share)))
        }
        guard isLong || isYarn else { return true }
        let original = try number("original_max_position_embeddings", forms.originalContext.map(Double.init))
        guard original >= 2, original < 1e9 else {
            throw ModelFailure(
                place: "\(place), original_max_position_embeddings", problem: "\(original) is no length of a text",
                remedy: "The file is damaged: download it again.")
        }
        if isLong {
            func factors(_ key: String) -> [Float] { (parameters[key]?.list ?? []).map { Float($0.double ?? 0) } }
            scaling = .long(
                short: factors("short_factor"), long: factors("long_factor"), originalContext: Int(original))
            let factor = try number("factor", Double(forms.context) / original)
            attention = Float(
                try number(
                    "attention_factor",
                    factor <= 1 ? 1 : (1 + Foundation.log(factor) / Foundation.log(original)).squareRoot()))
            return true
        }
        let factor = try number("factor", nil)
        scaling = .yarn(
            factor: Float(factor), betaFast: Float(try number("beta_fast", 32)),
            betaSlow: Float(try number("beta_slow", 1)), originalContext: Int(original))
        let scales = (parameters["mscale"]?.double ?? 0, parameters["mscale_all_dim"]?.double ?? 0)
        let usual =
            scales.0 != 0 && scales.1 != 0
            ? Self.yarnAttention(factor, scales.0) / Self.yarnAttention(factor, scales.1) : Self.yarnAttention(factor)
        attention = Float(try number("attention_factor", usual))
        return true
    }

    /// What YaRN multiplies cosines and sines by for texts that are `factor` times longer.
    static func yarnAttention(_ factor: Double, _ scale: Double = 1) -> Double {
        factor <= 1 ? 1 : 0.1 * scale * Foundation.log(factor) + 1
    }

    static func yarnAttention(_ factor: Float) -> Float { Float(yarnAttention(Double(factor))) }

    /// The longest text of which LongRoPE's usual factor on cosines and sines is ``attention``.
    func longest(original: Int) -> Int {
        let length = Foundation.log(Double(original))
        return Int((Foundation.exp(Double(attention * attention - 1) * length) * Double(original)).rounded())
    }
}
