/// The heads of layers that mix tokens by the gated delta rule (Yang et al. 2024), each with a state of
/// `keySize` × `valueSize` numbers.
package struct DeltaRule: Hashable, Sendable {
    /// Heads of queries and keys; several heads of values may share one.
    package var keyHeads: Int
    package var valueHeads: Int
    package var keySize: Int
    package var valueSize: Int
    /// Head h of the values goes with head h mod ``keyHeads`` of the keys, as in a GGUF, and not with its neighbours.
    package var isTiled: Bool

    package init(keyHeads: Int, valueHeads: Int, keySize: Int, valueSize: Int, isTiled: Bool = false) {
        self.keyHeads = keyHeads
        self.valueHeads = valueHeads
        self.keySize = keySize
        self.valueSize = valueSize
        // With as many heads of both there is one order.
        self.isTiled = isTiled && keyHeads != valueHeads
    }

    /// Columns of the keys, as many as of the queries.
    package var keyWidth: Int { keyHeads * keySize }
    package var valueWidth: Int { valueHeads * valueSize }
    /// Columns of what is convolved: queries, keys and values.
    package var mixedWidth: Int { 2 * keyWidth + valueWidth }
    /// Columns of all that a token is projected to: those, the gates of the output, and each head's rate and decay.
    package var mixingWidth: Int { mixedWidth + valueWidth + 2 * valueHeads }
    /// Floats of one head's state, and of all heads'.
    package var headState: Int { keySize * valueSize }
    package var matrixWidth: Int { valueHeads * headState }
    /// Floats that a layer needs of all tokens before: its states, and what the convolution sees of the last ones.
    package func stateWidth(taps: Int) -> Int { matrixWidth + max(0, taps - 1) * mixedWidth }

    /// Heads of values that share a head of keys.
    package var group: Int { max(1, valueHeads / max(1, keyHeads)) }
    /// The `member`-th head of values that goes with a head of keys.
    package func valueHead(_ keyHead: Int, _ member: Int) -> Int {
        isTiled ? member * keyHeads + keyHead : keyHead * group + member
    }
    /// The head of values that stands at `place` where the order is the other one.
    package func otherHead(_ place: Int) -> Int {
        isTiled ? place % group * keyHeads + place / group : place % keyHeads * group + place / keyHeads
    }

    /// The same with its heads in the order of a GGUF, or of a Hugging Face folder.
    package func ordered(tiled: Bool) -> DeltaRule {
        DeltaRule(
            keyHeads: keyHeads, valueHeads: valueHeads, keySize: keySize, valueSize: valueSize, isTiled: tiled)
    }

    /// The row that stands at `row` of a projection where the heads are in the other order.
    package func otherRow(_ row: Int, of projection: Projection) -> Int {
        switch projection {
        case .deltaIn: row < 2 * keyWidth ? row : 2 * keyWidth + other(row - 2 * keyWidth, valueSize)
        case .deltaGate: other(row, valueSize)
        case .deltaRate, .deltaDecay: otherHead(row)
        default: row
        }
    }

    /// The column that stands at `column` of the last projection where the heads are in the other order.
    package func otherColumn(_ column: Int, of projection: Projection) -> Int {
        projection == .deltaOut ? other(column, valueSize) : column
    }

    private func other(_ place: Int, _ size: Int) -> Int { otherHead(place / size) * size + place % size }
}

/// How a head of the gated delta rule forgets: its state is multiplied by exp(-exp(rate) · softplus(a + bias)).
package struct DeltaDecay: Hashable, Sendable {
    /// Of each head.
    package var rate: [Float]
    package var bias: [Float]

    package init(rate: [Float], bias: [Float]) {
        self.rate = rate
        self.bias = bias
    }
}
