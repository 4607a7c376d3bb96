/// The 5-grams of characters by which near duplicates are found, as hashes.
///
/// Characters rather than words: most rows are short, and of a prompt of eight words one changed word leaves few runs
/// of five words alone.
package enum Shingles {
    /// Characters a shingle.
    package static let size = 5

    /// Hashes of the shingles of a text, with repetitions; one of the whole where it is shorter than a shingle; none of
    /// an empty one.
    package static func hashes(_ text: NormalisedText) -> [UInt64] {
        text.bytes.withUnsafeBufferPointer { bytes in
            guard !bytes.isEmpty else { return [] }
            // Where characters begin, and the end.
            var starts: [Int32] = []
            starts.reserveCapacity(bytes.count + 1)
            for (index, byte) in bytes.enumerated() where byte & 0xC0 != 0x80 {
                starts.append(Int32(truncatingIfNeeded: index))
            }
            starts.append(Int32(truncatingIfNeeded: bytes.count))
            let count = max(1, starts.count - size)
            return (0..<count).map { index in
                var hash: UInt64 = 0
                for position in Int(starts[index])..<Int(starts[min(index + size, starts.count - 1)]) {
                    hash = hash &* 257 &+ UInt64(bytes[position]) &+ 1
                }
                return Hashing.mix(hash)
            }
        }
    }
}
