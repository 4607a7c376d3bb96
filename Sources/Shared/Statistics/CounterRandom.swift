/// Random numbers that are a pure function of a seed, a stream and a counter.
///
/// Nothing is carried from one draw to the next, so work may be split or repeated in any order with equal results.
/// The mixing is SplitMix64's (Steele, Lea and Flood, OOPSLA 2014), applied to each of the three in turn.
package struct CounterRandom: Sendable {
    private let key: UInt64

    /// Makes the generator of one stream of a seed.
    package init(seed: UInt64, stream: UInt64 = 0) {
        key = Self.mix(
            Self.mix(seed &+ 0x9E37_79B9_7F4A_7C15) ^ (stream &* 0xD134_2543_DE82_EF95 &+ 0x2545_F491_4F6C_DD1D))
    }

    /// The 64 random bits at a counter.
    package func bits(_ counter: UInt64) -> UInt64 {
        Self.mix(key &+ counter &* 0x9E37_79B9_7F4A_7C15)
    }

    /// A double in 0 ..< 1 at a counter.
    package func unit(_ counter: UInt64) -> Double {
        Double(bits(counter) >> 11) * 0x1p-53
    }

    /// An index in `0 ..< bound` at a counter, by the high half of a product (bias below bound / 2^64); 0 when bound is
    /// 0.
    package func index(_ counter: UInt64, below bound: Int) -> Int {
        Int(bits(counter).multipliedFullWidth(by: UInt64(max(bound, 0))).high)
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
