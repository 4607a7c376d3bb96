import Foundation

/// Multinomial logistic regression on sparse vectors of about unit length: the least Σ loss + |w|² / 2C, approached by
/// stochastic gradient descent with a falling rate (Bottou 2012, "Stochastic Gradient Descent Tricks").
package struct LinearClassifier: Sendable {
    private static let firstRate = 1.0
    /// The bias has no length of its own to be divided by, so that it learns more slowly.
    private static let biasRate: Float = 0.1
    /// Products and sums that a fit may take, which is a second or two.
    private static let mostWork = 2_000_000_000
    private let classes: Int
    /// [places × classes]
    private var weights: [Float]
    private var bias: [Float]

    /// Fits to vectors and the number of each one's class. The same rows in the same order give the same numbers.
    ///
    /// - Parameters:
    ///   - strength: `C`, the inverse of the regularisation.
    ///   - places: every place of a vector is below it.
    ///   - interruption: asked before each pass over the vectors; what it throws ends the fit.
    package init(
        _ vectors: [SparseVector], classes targets: [Int], of classes: Int, places: Int, strength: Double,
        interruption: () throws -> Void
    ) rethrows {
        self.classes = classes
        weights = [Float](repeating: 0, count: places * classes)
        bias = [Float](repeating: 0, count: classes)
        let count = vectors.count
        guard count > 0, classes > 1 else { return }
        let work = 2 * classes * vectors.reduce(0) { $0 + $1.places.count }
        let passes = min(30, max(3, Self.mostWork / max(1, work)))
        let decay = 1 / (strength * Double(count))
        // The weights are kept divided by this, so that shrinking all of them is one product.
        var (scale, step) = (1.0, 0.0)
        var order = Array(0..<count)
        var random = UInt64(1)
        var errors = [Float](repeating: 0, count: classes)
        for _ in 0..<passes {
            try interruption()
            Self.shuffle(&order, &random)
            for index in order {
                let rate = Self.firstRate / (1 + Self.firstRate * decay * step)
                step += 1
                score(vectors[index], scale: Float(scale), into: &errors)
                Self.softmax(&errors)
                errors[targets[index]] -= 1
                scale *= 1 - rate * decay
                learn(vectors[index], errors, rate: Float(rate), scale: Float(scale))
            }
        }
        for place in weights.indices { weights[place] *= Float(scale) }
    }

    /// The number of the likeliest class; the first of equals.
    package func prediction(_ vector: SparseVector) -> Int {
        var scores = [Float](repeating: 0, count: classes)
        score(vector, scale: 1, into: &scores)
        return scores.indices.reduce(0) { scores[$1] > scores[$0] ? $1 : $0 }
    }

    /// Another order for each pass (Fisher–Yates), by a linear congruential generator with Knuth's constants.
    private static func shuffle(_ order: inout [Int], _ random: inout UInt64) {
        for last in stride(from: order.count - 1, to: 0, by: -1) {
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            order.swapAt(last, Int((random >> 33) % UInt64(last + 1)))
        }
    }

    private func score(_ vector: SparseVector, scale: Float, into scores: inout [Float]) {
        weights.withUnsafeBufferPointer { weights in
            scores.withUnsafeMutableBufferPointer { scores in
                for label in 0..<classes { scores[label] = 0 }
                for (place, value) in zip(vector.places, vector.values) {
                    let row = Int(place) * classes
                    for label in 0..<classes { scores[label] += weights[row + label] * value }
                }
                for label in 0..<classes { scores[label] = scores[label] * scale + bias[label] }
            }
        }
    }

    private mutating func learn(_ vector: SparseVector, _ errors: [Float], rate: Float, scale: Float) {
        let factor = -rate / scale
        weights.withUnsafeMutableBufferPointer { weights in
            for (place, value) in zip(vector.places, vector.values) {
                let (row, amount) = (Int(place) * classes, factor * value)
                for label in 0..<classes { weights[row + label] += amount * errors[label] }
            }
        }
        for label in 0..<classes { bias[label] -= rate * Self.biasRate * errors[label] }
    }

    private static func softmax(_ scores: inout [Float]) {
        let most = scores.max() ?? 0
        var sum: Float = 0
        for index in scores.indices {
            scores[index] = expf(scores[index] - most)
            sum += scores[index]
        }
        for index in scores.indices { scores[index] /= sum }
    }
}
