/// When training has nothing left to gain: what the validation answers leave lies below a bound at two measurements
/// in a row. The rate then falls to its low end over a tenth of the steps done, and training ends.
package struct EnoughRule: Codable, Hashable, Sendable {
    /// What is left, counted an answer.
    package enum Measure: String, Codable, Hashable, Sendable, CaseIterable {
        /// The share of validation answers of which a token is not the likeliest after what is wanted before it.
        case wrongAnswers = "wrong-answers"
        /// The mean loss of a validation answer: nats a token × its tokens.
        case loss
    }

    /// Fewer validation answers than this say nothing.
    package static let fewestAnswers = 20
    /// Measurements in a row that must lie below the bound.
    package static let measurements = 2

    package var measure: Measure
    package var below: Double

    package init(measure: Measure, below: Double) {
        self.measure = measure
        self.below = below
    }

    /// The steps over which the rate falls, after so many.
    package static func fall(after steps: Int) -> Int { max(1, (steps + 9) / 10) }
}
