import Foundation
import Nouns

/// The curve of a learning-rate range test and what was made of it.
package enum RangeTestDocument {
    /// - Parameter notes: where values of the recipe come from, by key; the test's own reason otherwise.
    package static func blocks(_ range: RangeTestResult, notes: [String: String]?) -> [Block] {
        func points(_ losses: [Double]) -> [(x: Double, y: Double)] {
            zip(range.learningRates, losses).filter { $0.0 > 0 }.map { (log10($0.0), $0.1) }
        }
        return [
            .heading("Learning rate"), .paragraph(notes?["learning_rate"] ?? range.reason),
            .plot(
                .lines(
                    [
                        Plot.Line("loss of each step", points(range.losses)),
                        Plot.Line("smoothed", points(range.smoothed)),
                    ], x: Plot.Axis("learning rate", isLogarithmic: true), y: "loss"),
                caption: "The sweep suggests \(Quantity.rate(range.suggested))."),
        ]
    }
}
