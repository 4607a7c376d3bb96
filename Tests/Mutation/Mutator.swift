/// Makes damaged inputs from a good one, reproducibly: the same seed gives the same bytes on every machine.
package struct Mutator {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    /// SplitMix64.
    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A number below `bound` (1 for a bound below 1 counts as 1).
    package mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(max(1, bound))) }

    /// One to four changes: flipped bits, extreme numbers, moved, doubled, dropped or cut-off stretches.
    ///
    /// Changes fall into the first `focus` bytes more often than elsewhere, for formats that put their header first.
    package mutating func mutate(_ good: [UInt8], focus: Int) -> [UInt8] {
        var bytes = good
        for _ in 0...below(4) {
            guard !bytes.isEmpty else { return bytes }
            let place = below(below(8) == 0 ? bytes.count : min(bytes.count, max(1, focus)))
            switch below(8) {
            case 0: bytes[place] ^= UInt8(1 << below(8))
            case 1: bytes[place] = UInt8(truncatingIfNeeded: next())
            case 2, 3: overwrite(&bytes, at: place)
            case 4: bytes.removeSubrange(place...)
            case 5: bytes.removeSubrange(place..<min(bytes.count, place + 1 + below(16)))
            case 6:
                bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 1 + below(64))], at: below(bytes.count))
            default:
                let other = below(bytes.count)
                for step in 0..<min(below(16) + 1, bytes.count - max(place, other)) {
                    bytes[place + step] = bytes[other + step]
                }
            }
        }
        return bytes
    }

    /// Puts a number that code is likely to get wrong, in 1, 2, 4 or 8 bytes.
    private mutating func overwrite(_ bytes: inout [UInt8], at place: Int) {
        let extremes: [UInt64] = [
            0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x7FFF_FFFF_FFFF_FFFF,
            0x8000_0000_0000_0000, .max, .max - 31, UInt64(bytes.count), UInt64(max(0, bytes.count - place)),
        ]
        let value = extremes[below(extremes.count)]
        for step in 0..<(1 << below(4)) where place + step < bytes.count {
            bytes[place + step] = UInt8(truncatingIfNeeded: value >> UInt64(8 * step))
        }
    }
}
