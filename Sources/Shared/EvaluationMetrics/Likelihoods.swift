/// Probabilities of answers that exclude each other, from how likely a model is to give each.
package enum Likelihoods {
    /// The share of each answer in the likelihood of all: the softmax of `logarithms`; nil where one is no number.
    ///
    /// - Parameter logarithms: natural logarithms of the probabilities of whole answers with their end of turn.
    package static func shares(_ logarithms: [Double]) -> [Double]? {
        guard let best = logarithms.max(), logarithms.allSatisfy(\.isFinite) else { return nil }
        let shares = logarithms.map { exponential($0 - best) }
        let sum = shares.reduce(0, +)
        return shares.map { $0 / sum }
    }
}
