/// How far two models' losses on the same tokens lie apart, in nats.
package struct LossDifference: Hashable, Sendable {
    /// Over all tokens; not a number where one of the losses is not.
    package let mean: Double
    package let largest: Double
    package let tokens: Int

    /// Nil where the models were not scored on as many tokens.
    package init?(_ first: [Double], _ second: [Double]) {
        guard first.count == second.count else { return nil }
        let differences = zip(first, second).map { abs($0 - $1) }
        mean = differences.reduce(0, +) / Double(max(1, differences.count))
        largest = differences.max() ?? 0
        tokens = differences.count
    }
}
