import Transformers

/// How well a model predicts the labelled tokens of one sequence.
package struct SequenceScore: Hashable, Sendable {
    /// Summed loss in nats.
    package var lossSum = 0.0
    package var tokens = 0
    /// Tokens whose likeliest prediction was right.
    package var correct = 0

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

    /// One score a sequence, in their order. Empty sequences score nothing. Throws what `interruption`, asked before
    /// each pass, throws.
    package func score(
        _ sequences: [TokenSequence], progress: (_ done: Int) -> Void = { _ in }, interruption: Interruption = {}
    ) throws -> [SequenceScore] {
        var scores = [SequenceScore](repeating: SequenceScore(), count: sequences.count)
        try pass(sequences, progress: progress, interruption: interruption) { tree, batch in
            for (site, loss) in zip(tree.labels, try transformer.score(tree)) {
                let index = batch[Int(site.sequence)]
                scores[index].lossSum += Double(loss.loss) * Double(site.weight)
                scores[index].tokens += 1
                if loss.correct { scores[index].correct += 1 }
            }
        }
        return scores
    }

    /// Gives the sequences that have labels to `body`, many at a time as one tree, with their numbers in the tree's
    /// order. Throws what `body` and `interruption`, asked before each pass, throw.
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
            try body(TokenTree(batch.map { sequences[$0] }), batch)
            done += batch.count
            progress(done)
            (batch, tokens) = ([], 0)
        }
        for (place, index) in order.enumerated() {
            let shared =
                batch.isEmpty || place == 0
                ? 0 : TokenTree.commonPrefix(sequences[order[place - 1]].ids, sequences[index].ids)
            if !batch.isEmpty, tokens + sequences[index].ids.count - shared > budget {
                try flush()
                tokens += sequences[index].ids.count
            } else {
                tokens += sequences[index].ids.count - shared
            }
            batch.append(index)
        }
        if !batch.isEmpty { try flush() }
    }
}
