/// What near-duplicate search keeps of one text: the keys under which it is found, and a sample by which two texts are
/// compared.
///
/// Keys are bands of MinHash values (Broder 1997) from one permutation with optimal densification (Shrivastava, ICML
/// 2017), so that each shingle is hashed once. The sample holds the smallest shingle hashes (bottom-k): of texts with
/// at most
/// ``Sketch/sampleSize`` distinct
/// shingles it is the whole set, and the similarity exact.
package struct Sketch: Hashable, Sendable {
    /// Bands and the values in each: of two texts with a Jaccard similarity of 0.8, 97 of 100 share a key; of 0.3, two.
    package static let bands = 9
    package static let rowsPerBand = 5
    package static let sampleSize = 128

    /// One key a band; empty where the text has no shingles.
    package let keys: [UInt32]
    /// Distinct shingle hashes in ascending order.
    package let sample: [UInt32]

    /// - Parameters:
    ///   - shingles: as ``Shingles/hashes(_:)`` gives them.
    ///   - common: shingles that are part of many rows, such as an instruction before each; they tell nothing. Not
    ///     counted.
    package init(shingles: [UInt64], common: CommonShingles = CommonShingles()) {
        let bins = Self.bands * Self.rowsPerBand
        var minima = [UInt32](repeating: .max, count: bins)
        var isFilled = [Bool](repeating: false, count: bins)
        var values: [UInt32] = []
        values.reserveCapacity(shingles.count)
        for hash in shingles where !common.contains(hash) {
            let bin = Int(((hash >> 32) &* UInt64(bins)) >> 32)
            let value = UInt32(truncatingIfNeeded: hash)
            minima[bin] = min(minima[bin], value)
            isFilled[bin] = true
            values.append(value)
        }
        guard !values.isEmpty else {
            keys = []
            sample = []
            return
        }
        sample = Self.smallest(values)
        keys = Self.keys(minima, isFilled)
    }

    /// The smallest distinct values, ``sampleSize`` of them at most, in ascending order.
    private static func smallest(_ values: [UInt32]) -> [UInt32] {
        // Hashes are spread evenly, so that of many those below a bound are about twice as many as are wanted.
        if values.count > 4 * sampleSize {
            let bound = UInt32((UInt64(1) << 32) * UInt64(2 * sampleSize) / UInt64(values.count))
            let sample = distinct(sorted(values.filter { $0 < bound }))
            if sample.count == sampleSize { return sample }
        }
        return distinct(sorted(values))
    }

    private static func distinct(_ values: [UInt32]) -> [UInt32] {
        var sample: [UInt32] = []
        sample.reserveCapacity(min(values.count, sampleSize))
        for value in values where value != sample.last {
            sample.append(value)
            if sample.count == sampleSize { break }
        }
        return sample
    }

    /// Sorts hashes: each is put where it belongs by its size, as if they were spread evenly, and moved the few places
    /// by which that was wrong.
    private static func sorted(_ values: [UInt32]) -> [UInt32] {
        guard values.count <= 16 * sampleSize else { return values.sorted() }
        let count = UInt64(values.count)
        var ends = [Int](repeating: 0, count: values.count + 1)
        for value in values { ends[Int((UInt64(value) &* count) >> 32) + 1] += 1 }
        for place in 1...values.count { ends[place] += ends[place - 1] }
        return [UInt32](unsafeUninitializedCapacity: values.count) { result, filled in
            // From here on `ends` is where the next of each part goes.
            for value in values {
                let part = Int((UInt64(value) &* count) >> 32)
                result.initializeElement(at: ends[part], to: value)
                ends[part] += 1
            }
            for place in 1..<max(1, values.count) {
                let value = result[place]
                var free = place
                while free > 0, result[free - 1] > value {
                    result[free] = result[free - 1]
                    free -= 1
                }
                result[free] = value
            }
            filled = values.count
        }
    }

    private static func keys(_ minima: [UInt32], _ isFilled: [Bool]) -> [UInt32] {
        var filled = minima
        for bin in filled.indices where !isFilled[bin] {
            // The same bins are probed in the same order for every text, so that equal sets stay equal.
            var attempt: UInt64 = 1
            var probe = bin
            while !isFilled[probe] {
                probe = Int(Hashing.mix(UInt64(bin) &* 0x1_0001 &+ attempt) % UInt64(minima.count))
                attempt &+= 1
            }
            filled[bin] = minima[probe]
        }
        return (0..<bands).map { band in
            var hash = UInt64(band) &+ 1
            for row in 0..<rowsPerBand { hash = Hashing.mix(hash ^ UInt64(filled[band * rowsPerBand + row])) }
            return UInt32(truncatingIfNeeded: hash >> 32)
        }
    }

    /// The Jaccard similarity of two texts by their samples, 0 to 1: exact for short texts, else estimated from the
    /// smallest hashes of the union. The samples are taken where they lie, since it is asked hundreds of times a row.
    package static func similarity(_ a: UnsafeBufferPointer<UInt32>, _ b: UnsafeBufferPointer<UInt32>) -> Double {
        guard !a.isEmpty, !b.isEmpty else { return 0 }
        // A sample that is full stands for more than it holds: beyond its largest value nothing is known of that text.
        let limit = a.count < sampleSize && b.count < sampleSize ? Int.max : sampleSize
        var (i, j) = (0, 0)
        var (union, shared) = (0, 0)
        while union < limit, i < a.count, j < b.count {
            let (x, y) = (a[i], b[j])
            i += x <= y ? 1 : 0
            j += y <= x ? 1 : 0
            shared += x == y ? 1 : 0
            union += 1
        }
        // What is left of one text belongs to the union, unless the other could have had it, too.
        if i == a.count, j < b.count, a.count < sampleSize { union = min(limit, union + b.count - j) }
        if j == b.count, i < a.count, b.count < sampleSize { union = min(limit, union + a.count - i) }
        return Double(shared) / Double(max(1, union))
    }

    /// Shingles that more than a fifth of the rows have: parts of a template, which would make every two rows alike.
    ///
    /// Empty below `minimumRows` rows, where a fifth is chance.
    package static func common(_ rows: [[UInt64]], minimumRows: Int = 64) -> Set<UInt64> {
        guard rows.count >= minimumRows else { return [] }
        var counts: [UInt64: Int] = [:]
        for row in rows { for hash in Set(row) { counts[hash, default: 0] += 1 } }
        return Set(counts.filter { $0.value * 5 > rows.count }.keys)
    }
}

/// Shingles that tell nothing, asked for every shingle of every row: a table of one bit a hash says at once of most
/// that they are not among them.
package struct CommonShingles: Sendable {
    private static let bits = 1 << 16

    package let all: Set<UInt64>
    private let table: [UInt64]

    package init(_ all: Set<UInt64> = []) {
        self.all = all
        var table = [UInt64](repeating: 0, count: all.isEmpty ? 0 : Self.bits / 64)
        for hash in all {
            let bit = Int(hash & UInt64(Self.bits - 1))
            table[bit >> 6] |= 1 << UInt64(bit & 63)
        }
        self.table = table
    }

    package func contains(_ hash: UInt64) -> Bool {
        guard !table.isEmpty else { return false }
        let bit = Int(hash & UInt64(Self.bits - 1))
        return table[bit >> 6] >> UInt64(bit & 63) & 1 == 1 && all.contains(hash)
    }
}
