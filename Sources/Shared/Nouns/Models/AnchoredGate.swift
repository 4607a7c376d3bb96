/// What has an anchor of its own: a metric on rows of one kind.
package struct AnchoredGate: Hashable, Sendable {
    package var metric: MetricKey
    package var set: SetName
    /// Nil is every row of the set.
    package var slice: String?

    package init(_ metric: MetricKey, set: SetName = .gate, slice: String? = nil) {
        self.metric = metric
        self.set = set
        self.slice = slice
    }
}

extension AnchoredGate: CustomStringConvertible {
    /// `accuracy`, `accuracy on label=x`, or `loss of the set 'golden-y'`.
    package var description: String {
        "\(metric)" + (slice.map { " on \($0)" } ?? "") + (set == .gate ? "" : " of the set '\(set)'")
    }
}
