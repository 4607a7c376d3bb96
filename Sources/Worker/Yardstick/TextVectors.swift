import Foundation

/// Texts as sparse vectors: 1 + ln(count) of each n-gram, times how rare it is among the texts learnt from; those of
/// words, and those of characters, are one long (scikit-learn's `TfidfVectorizer(sublinear_tf=True)`).
package struct TextVectors: Sendable {
    private let firstCharacter: Int
    /// By n-gram: ln((1 + texts) / (1 + texts that have it)) + 1; 0 where every text has it, which tells nothing.
    private let weights: [Float]

    /// Learns how rare n-grams are.
    package init(_ texts: [TextFeatures.Counts], _ features: TextFeatures) {
        firstCharacter = features.firstCharacter
        var having = [Int32](repeating: 0, count: features.count)
        for text in texts {
            for place in text.places { having[Int(place)] += 1 }
        }
        let all = Double(texts.count)
        weights = having.map { count in
            count == 0 || Int(count) == texts.count ? 0 : Float(log((1 + all) / (1 + Double(count))) + 1)
        }
    }

    /// The vector of a text.
    package func vector(_ counts: TextFeatures.Counts) -> SparseVector {
        var vector = SparseVector(places: [], values: [])
        let border = counts.places.firstIndex { Int($0) >= firstCharacter } ?? counts.places.count
        for part in [0..<border, border..<counts.places.count] { add(counts, part, to: &vector) }
        return vector
    }

    private func add(_ counts: TextFeatures.Counts, _ part: Range<Int>, to vector: inout SparseVector) {
        let first = vector.values.count
        for index in part {
            let weight = weights[Int(counts.places[index])]
            guard weight > 0 else { continue }
            vector.places.append(counts.places[index])
            vector.values.append((1 + logf(counts.counts[index])) * weight)
        }
        let length = vector.values[first...].reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
        guard length > 0 else { return }
        for index in vector.values.indices[first...] { vector.values[index] /= length }
    }
}
