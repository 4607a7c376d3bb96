/// Random numbers as a pure function of (seed, stream, index): the same wherever and in whatever order they are asked
/// for.
///
/// Source: SplitMix64's finaliser (Steele et al. 2014), applied twice over the three words.
package struct TensorRandom: Hashable, Sendable {
    package let seed: UInt64
    package let stream: UInt64

    package init(seed: UInt64, stream: UInt64) {
        self.seed = seed
        self.stream = stream
    }

    /// 64 random bits for `index`.
    package func bits(_ index: UInt64) -> UInt64 {
        Self.mix(
            Self.mix(seed &+ 0x9E37_79B9_7F4A_7C15 &* (stream &+ 1))
                ^ (index &* 0xD1B5_4A32_D192_ED03 &+ 0x8CB9_2BA7_2F3D_8DD7))
    }

    /// A number in 0 ..< 1 with 24 random bits.
    package func uniform(_ index: UInt64) -> Float { Float(bits(index) >> 40) * 0x1p-24 }

    /// The permutation of `0 ..< count` that Fisher and Yates's shuffle makes of this stream.
    package func permutation(_ count: Int) -> [Int] {
        var order = Array(0..<count)
        for index in stride(from: count - 1, to: 0, by: -1) {
            order.swapAt(index, Int(bits(UInt64(index)) % UInt64(index + 1)))
        }
        return order
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
