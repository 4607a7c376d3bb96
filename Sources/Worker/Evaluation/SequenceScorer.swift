import Transformers

/// How well a model predicts the labelled tokens of one sequence.
package struct SequenceScore: Hashable, Sendable {
    /// Summed loss in nats.
    package var lossSum = 0.0
    package var tokens = 0
    /// Tokens whose likeliest prediction was right.
    package var correct = 0
    /// The likeliest token in the place of each labelled one, in order.
    package var likeliest: [Int32] = []

    package init() {}
}

/// Scores sequences forward only, many at a time, with beginnings that they share computed once.
package struct SequenceScorer {
    private let transformer: Transformer
    /// Tokens that one pass may have.
    private let budget: Int

    /// - Parameter memoryBytes: what activations may take.
    package init(_ transformer: Transformer, memoryBytes: Int) {
        self.transformer = transformer
        budget = max(256, min(1 << 14, memoryBytes / max(1, transformer.bytesPerToken)))
    }

    /// One score a sequence, in their order. Empty sequences score nothing, equal ones are computed once. Throws what
    /// `interruption`, asked before each pass, throws.
    package func score(
        _ sequences: [TokenSequence], progress: (_ done: Int) -> Void = { _ in }, interruption: Interruption = {}
    ) throws -> [SequenceScore] {
        var places: [TokenSequence: Int] = [:]
        var distinct: [TokenSequence] = []
        let owners = sequences.map { sequence -> Int in
            if let place = places[sequence] { return place }
            places[sequence] = distinct.count
            distinct.append(sequence)
            return distinct.count - 1
        }
        let repeated = sequences.count - distinct.count
        var scores = [SequenceScore](repeating: SequenceScore(), count: distinct.count)
        try pass(distinct, progress: { progress($0 + repeated) }, interruption: interruption) { tree, batch in
            for (site, found) in zip(tree.labels, try transformer.predictions(tree)) {
                let index = batch[Int(site.sequence)]
                scores[index].lossSum += Double(found.loss) * Double(site.weight)
                scores[index].tokens += 1
                if found.likeliest == site.target { scores[index].correct += 1 }
                scores[index].likeliest.append(found.likeliest)
            }
        }
        return owners.map { scores[$0] }
    }

    /// Gives the sequences that have labels to `body`, many at a time as one tree, with their numbers in the tree's
    /// order. What follows the token before a sequence's last label is not computed. Throws what `body` and
    /// `interruption`, asked before each pass, throw.
    func pass(
        _ sequences: [TokenSequence], progress: (_ done: Int) -> Void, interruption: Interruption,
        _ body: (_ tree: TokenTree, _ batch: [Int]) throws -> Void
    ) throws {
        let order = sequences.indices.filter { sequences[$0].labels > 0 }
            .sorted { TokenTree.precedes(sequences[$0].ids, sequences[$1].ids) }
        var done = sequences.count - order.count
        var batch: [Int] = []
        var tokens = 0
        func flush() throws {
            try interruption()
            try body(TokenTree(batch.map { sequences[$0] }, trimmed: true, short: true), batch)
            done += batch.count
            progress(done)
            (batch, tokens) = ([], 0)
        }
        for (place, index) in order.enumerated() {
            let length = sequences[index].weights.lastIndex { $0 != 0 } ?? 0
            let shared =
                batch.isEmpty || place == 0
                ? 0 : TokenTree.commonPrefix(sequences[order[place - 1]].ids, sequences[index].ids)
            let fresh = max(0, length - shared)
            if !batch.isEmpty, tokens + fresh > budget {
                try flush()
                tokens += length
            } else {
                tokens += fresh
            }
            batch.append(index)
        }
        if !batch.isEmpty { try flush() }
    }
}
