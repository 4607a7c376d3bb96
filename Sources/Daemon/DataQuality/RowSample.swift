import Nouns

/// A uniform sample of rows that is the same in whatever order and pieces the rows come: those with the smallest hashes
/// of their identity.
///
/// It holds no text, so that a deletion request has nothing to find in it.
package struct RowSample: Codable, Hashable, Sendable {
    package static let capacity = 400
    /// Words are counted in so many bins.
    package static let wordBins = 1024
    /// Words of a row that count; of longer rows the first.
    package static let wordsPerRow = 128

    package struct Entry: Codable, Hashable, Sendable {
        package var hash: UInt64
        package var row: RowID
        package var length: Int
        package var label: String?
        /// Distinct word bins in ascending order.
        package var words: [UInt16]
    }

    /// In ascending order of their hashes.
    package private(set) var entries: [Entry] = []

    package init() {}

    /// The hash that a row must be below to be in the sample.
    package var bound: UInt64 { entries.count == Self.capacity ? entries.last?.hash ?? .max : .max }

    /// - Parameter below: rows from this hash on are in no sample that this one is merged into.
    package mutating func add(_ row: RowID, length: Int, label: String?, words: [UInt64], below: UInt64 = .max) {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in row.rawValue.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        hash = Hashing.mix(hash)
        guard hash < min(below, bound) else { return }
        let bins = Set(words.prefix(Self.wordsPerRow).map { UInt16($0 % UInt64(Self.wordBins)) }).sorted()
        insert(Entry(hash: hash, row: row, length: length, label: label, words: bins))
    }

    package mutating func merge(_ other: RowSample) { for entry in other.entries { insert(entry) } }

    private mutating func insert(_ entry: Entry) {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].hash < entry.hash { low = middle + 1 } else { high = middle }
        }
        if low < entries.count, entries[low].row == entry.row { return }
        entries.insert(entry, at: low)
        if entries.count > Self.capacity { entries.removeLast() }
    }
}
