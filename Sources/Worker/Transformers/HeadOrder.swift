/// The order in which a file's format has the heads of the gated delta rule, where it is not that of the model: the
/// heads of values are tiled in a GGUF and grouped in a Hugging Face folder.
package struct HeadOrder: Sendable {
    private let rule: DeltaRule

    /// Nil where both orders are one.
    package init?(_ c: ModelConfiguration, _ layout: TensorLayout) {
        guard let rule = c.delta, rule.ordered(tiled: layout.isTiled).isTiled != rule.isTiled else { return nil }
        self.rule = rule
    }

    /// The model's row of a projection that stands at `row` of the file.
    package func row(_ row: Int, of projection: Projection) -> Int { rule.otherRow(row, of: projection) }

    /// The model's columns of a projection in the file's order; nil where they are the same.
    package func columns(of projection: Projection) -> [Int]? {
        projection == .deltaOut ? (0..<rule.valueWidth).map { rule.otherColumn($0, of: projection) } : nil
    }

    /// One number a head, in the file's order.
    package func heads(_ values: [Float]) -> [Float] { values.indices.map { values[rule.otherHead($0)] } }

    /// The rows of a convolution's kernel [channels × taps], in the file's order.
    package func channels(_ values: [Float], taps: Int) -> [Float] {
        values.indices.map { values[rule.otherRow($0 / taps, of: .deltaIn) * taps + $0 % taps] }
    }

    /// Factors A [rank × in] and B [out × rank] of a projection in the file's order, or back from there.
    func factors(_ projection: Projection, a: [Float], b: [Float], rank: Int, back: Bool = false) -> (
        a: [Float], b: [Float]
    ) {
        var (newA, newB) = (a, b)
        for (place, column) in (columns(of: projection) ?? []).enumerated() {
            let (to, from) = back ? (column, place) : (place, column)
            for r in 0..<rank { newA[r * rule.valueWidth + to] = a[r * rule.valueWidth + from] }
        }
        for place in 0..<b.count / max(1, rank) {
            let (to, from) = back ? (row(place, of: projection), place) : (place, row(place, of: projection))
            if to != from {
                newB.replaceSubrange(to * rank..<(to + 1) * rank, with: b[from * rank..<(from + 1) * rank])
            }
        }
        return (newA, newB)
    }
}
