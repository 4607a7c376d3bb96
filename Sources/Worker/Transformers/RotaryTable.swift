#if canImport(Glibc)
    import Glibc
#endif

/// Cosines and sines of rotary position embedding, [positions × headSize/2], computed in double precision.
struct RotaryTable {
    private(set) var cosine: [Float] = []
    private(set) var sine: [Float] = []
    private let rope: ModelConfiguration.Rope
    private let half: Int
    private var positions = 0

    init(_ rope: ModelConfiguration.Rope, headSize: Int) {
        self.rope = rope
        half = headSize / 2
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
                cosine.append(cosf(angle))
                sine.append(sinf(angle))
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
