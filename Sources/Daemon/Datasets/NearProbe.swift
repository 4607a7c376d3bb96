import DataQuality
import Nouns

/// One row on its way through the index: how often it may still be compared, and what it was found to be nearly the
/// same as.
///
/// The number of comparisons is bounded, so that a row costs the same however many there are before it and however
/// much they resemble each other. Of a gate row all that is found is kept, since each of those rows leaves training; of
/// any other only the nearest gate row and the nearest other one, since nobody asks for more.
struct NearProbe {
    /// With how many rows one row is compared.
    static let mostComparisons = 512

    private struct Found {
        let identity: NearIdentity
        let match: (split: Split, similarity: Double)
    }

    let sketch: Sketch
    private let identity: NearIdentity
    private let keepsAll: Bool
    private let threshold: Double
    private var comparisons = 0
    private var all: [Found] = []
    private var nearestGate: Found?
    private var nearestOther: Found?

    /// - Parameter threshold: the similarity from which on two rows are nearly the same, 0 to 1.
    init(_ entry: NearSegment.Entry, threshold: Double) {
        sketch = entry.sketch
        identity = NearIdentity(entry.id)
        keepsAll = entry.split == .gate
        self.threshold = threshold
    }

    /// Whether it has not been compared often enough yet.
    var mayCompare: Bool { comparisons < Self.mostComparisons }

    /// Compares the row with another one, of which `row` tells more where that is wanted.
    mutating func compare(
        _ sample: UnsafeBufferPointer<UInt32>, _ row: () -> (identity: NearIdentity, split: Split)
    ) {
        comparisons += 1
        let similarity = sketch.sample.withUnsafeBufferPointer { Sketch.similarity($0, sample) }
        guard similarity >= threshold else { return }
        let (other, split) = row()
        guard other != identity else { return }
        let found = Found(identity: other, match: (split, similarity))
        if keepsAll {
            all.append(found)
        } else if split == .gate {
            nearestGate = Self.nearer(found, nearestGate)
        } else {
            nearestOther = Self.nearer(found, nearestOther)
        }
    }

    /// The more similar one; of two equally similar ones that with the least identifier.
    private static func nearer(_ one: Found, _ other: Found?) -> Found {
        guard let other else { return one }
        return (one.match.similarity, other.identity) > (other.match.similarity, one.identity) ? one : other
    }

    /// What is kept of what was found.
    var matches: [NearIndex.Match] {
        (keepsAll ? all : [nearestGate, nearestOther].compactMap(\.self)).map {
            NearIndex.Match(row: $0.identity.id, split: $0.match.split, similarity: $0.match.similarity)
        }
    }

    /// Candidates in ascending order, each once.
    static func distinct(_ candidates: [Int]) -> [Int] {
        guard candidates.count > 1 else { return candidates }
        var distinct: [Int] = []
        distinct.reserveCapacity(candidates.count)
        for candidate in candidates.sorted() where candidate != distinct.last { distinct.append(candidate) }
        return distinct
    }
}
