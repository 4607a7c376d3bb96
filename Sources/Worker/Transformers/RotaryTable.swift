#if canImport(Glibc)
    import Glibc
#endif

/// Cosines and sines of rotary position embedding, [positions × rotated/2].
struct RotaryTable {
    private(set) var cosine: [Float] = []
    private(set) var sine: [Float] = []
    private let rope: ModelConfiguration.Rope
    /// How many numbers of each head are rotated.
    let rotated: Int
    private var half: Int { rotated / 2 }
    private var positions = 0

    init(_ rope: ModelConfiguration.Rope, headSize: Int) {
        self.rope = rope
        rotated = rope.rotated ?? headSize
    }

    /// Extends the table to `wanted` positions.
    mutating func reserve(_ wanted: Int) {
        guard wanted > positions else { return }
        let frequencies = (0..<half).map(frequency)
        for position in positions..<wanted {
            for frequency in frequencies {
                // PyTorch multiplies in single precision and takes the cosine of that; goldens see the difference at
                // long positions.
                let angle = Float(position) * frequency
                cosine.append(rope.attention * cosf(angle))
                sine.append(rope.attention * sinf(angle))
            }
        }
        positions = wanted
    }

    private func frequency(_ index: Int) -> Float {
        let plain = 1 / powf(rope.base, Float(2 * index) / Float(2 * half))
        switch rope.scaling {
        case .none: return plain
        case .linear(let factor): return plain / factor
        case .factors(let factors): return index < factors.count ? plain / factors[index] : plain
        case .proportional(let angles, let factor): return index < angles ? plain / factor : 0
        case .long(let short, _, _): return index < short.count ? plain / short[index] : plain
        case .yarn(let factor, let fast, let slow, let context):
            // Source: transformers `_compute_yarn_parameters`.
            func dimension(_ rotations: Float) -> Float {
                Float(rotated) * logf(Float(context) / (rotations * 2 * .pi)) / (2 * logf(rope.base))
            }
            let low = max(0, dimension(fast).rounded(.down))
            let high = min(Float(rotated - 1), dimension(slow).rounded(.up))
            let ramp = min(1, max(0, (Float(index) - low) / (high == low ? 0.001 : high - low)))
            return plain / factor * ramp + plain * (1 - ramp)
        case .llama3(let factor, let low, let high, let context):
            // Source: transformers `_compute_llama3_parameters`.
            let wavelength = 2 * Float.pi / plain
            if wavelength > context / low { return plain / factor }
            if wavelength < context / high { return plain }
            let smooth = (context / wavelength - low) / (high - low)
            return (1 - smooth) * plain / factor + smooth * plain
        }
    }
}
