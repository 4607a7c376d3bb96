import DataQuality
import Nouns
import Platform

/// The rows that are being added to the index together, of which each is compared with those before it.
struct NearBatch: Sendable {
    private let entries: [NearSegment.Entry]
    /// For each band the keys in ascending order, as ``NearSegment/sortedKeys(_:)`` gives them.
    private let keys: [[UInt64]]
    /// For each band, where each entry's key lies.
    private let places: [[Int32]]

    init(_ entries: [NearSegment.Entry], keys: [[UInt64]]) {
        self.entries = entries
        self.keys = keys
        places = Parallel.slices(keys, least: 1) { slice in
            slice.map { sorted in
                var places = [Int32](repeating: 0, count: sorted.count)
                for (place, key) in sorted.enumerated() {
                    places[Int(key & 0xFFFF_FFFF)] = Int32(truncatingIfNeeded: place)
                }
                return places
            }
        }.flatMap { $0 }
    }

    /// Compares the entry at `index`, which is the probe's, with those before it that share a key: of many that do, the
    /// last ones.
    func search(_ index: Int, _ probe: inout NearProbe) {
        for other in candidates(index) where probe.mayCompare {
            let entry = entries[other]
            entry.sketch.sample.withUnsafeBufferPointer {
                probe.compare($0) { (NearIdentity(entry.id), entry.split) }
            }
        }
    }

    private func candidates(_ index: Int) -> [Int] {
        var found: [Int] = []
        for (sorted, places) in zip(keys, places) {
            let place = Int(places[index])
            // Of one key the earlier entries come first.
            for other in sorted[max(0, place - NearSegment.mostOfAKey)..<place].reversed() {
                guard other >> 32 == sorted[place] >> 32 else { break }
                found.append(Int(other & 0xFFFF_FFFF))
            }
        }
        return NearProbe.distinct(found)
    }
}
