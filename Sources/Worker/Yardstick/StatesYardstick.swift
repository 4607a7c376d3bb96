/// The linear model on dense vectors of one length: fitted to those of rows with their classes, asked of others.
package struct StatesYardstick: Sendable {
    /// More regularisation than of n-grams: the numbers are few, and each tells something of every class.
    private static let strength = 5.0
    private let means: [Float]
    /// 1 over the deviation of each number, and over the square root of how many there are.
    private let scales: [Float]
    private let classifier: LinearClassifier
    private let names: [String]

    /// - Parameters:
    ///   - states: at least one, all of the same length.
    ///   - labels: the class of each.
    ///   - interruption: what it throws ends the fit.
    package init(_ states: [[Float]], labels: [String], interruption: () throws -> Void) rethrows {
        let width = states.first?.count ?? 0
        var sums = [Double](repeating: 0, count: width)
        var squares = sums
        for state in states {
            for (place, value) in state.enumerated() {
                sums[place] += Double(value)
                squares[place] += Double(value) * Double(value)
            }
        }
        let count = Double(max(1, states.count))
        let means = sums.map { Float($0 / count) }
        let scales = zip(sums, squares).map { sum, square in
            let variance = square / count - (sum / count) * (sum / count)
            return variance > 1e-12 ? Float(1 / (variance * Double(width)).squareRoot()) : 0
        }
        let names = Set(labels).sorted()
        let numbers = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        classifier = try LinearClassifier(
            states.map { Self.vector($0, means, scales) }, classes: labels.map { numbers[$0] ?? 0 }, of: names.count,
            places: width, strength: Self.strength, interruption: interruption)
        (self.means, self.scales, self.names) = (means, scales, names)
    }

    /// The class of a vector; nil where nothing was learnt.
    package func label(_ state: [Float]) -> String? {
        names.isEmpty ? nil : names[classifier.prediction(Self.vector(state, means, scales))]
    }

    private static func vector(_ state: [Float], _ means: [Float], _ scales: [Float]) -> SparseVector {
        SparseVector(
            places: state.indices.map { UInt32($0) },
            values: state.indices.map { (state[$0] - means[$0]) * scales[$0] })
    }
}
