import CKernels
import Tensors

/// What is predicted at one label site.
package struct SitePrediction: Hashable, Sendable {
    /// -ln p(target), in nats, before the site's weight.
    package var loss: Float
    /// The likeliest token; the first of equals.
    package var likeliest: Int32
}

extension Transformer {
    /// Forward only: the loss at every label site.
    package func score(_ tree: TokenTree) throws -> [SiteLoss] {
        zip(tree.labels, try predictions(tree)).map { site, prediction in
            SiteLoss(loss: prediction.loss, correct: prediction.likeliest == site.target)
        }
    }

    /// Forward only: the loss at every label site, and the likeliest token in the target's place.
    ///
    /// Sites at one token (a prompt's end predicts the beginning of each label) meet the vocabulary once, some tokens
    /// at a time, so that the logits never take more than `logitBytes`.
    package func predictions(_ tree: TokenTree, logitBytes: Int = 48 << 20) throws -> [SitePrediction] {
        try draw(nil, tree)
        let hidden = try forward(tree)
        var predictions = [SitePrediction](repeating: SitePrediction(loss: 0, likeliest: 0), count: tree.labels.count)
        let order = tree.labels.indices.sorted { (tree.labels[$0].token, $0) < (tree.labels[$1].token, $1) }
        // Stretches of `order` whose sites are at the same token.
        var rows: [Range<Int>] = []
        for place in order.indices {
            let isNew = place == 0 || tree.labels[order[place]].token != tree.labels[order[place - 1]].token
            let first = isNew ? place : rows.removeLast().lowerBound
            rows.append(first..<place + 1)
        }
        let most = max(12, logitBytes / (4 * configuration.vocabulary) / 6 * 6)
        // Chunks of about one size: a last one of a few rows would be computed in another way than the others.
        let chunks = max(1, (rows.count + most - 1) / most)
        let size = max(1, (rows.count + chunks - 1) / chunks)
        for from in stride(from: 0, to: rows.count, by: size) {
            let part = Array(rows[from..<min(from + size, rows.count)])
            // Rows whole pages apart would fall into the same sets of the caches, hence a line more.
            let spacing = 16
            let logits = try self.logits(
                hidden, rows: part.map { Int(tree.labels[order[$0.lowerBound]].token) }, spacing: spacing)
            predictions.withUnsafeMutableBufferPointer { predictions in
                nonisolated(unsafe) let predictions = predictions
                let vocabulary = Int64(configuration.vocabulary)
                team.run(part.count) { row, _ in
                    let numbers = logits + row * (Int(vocabulary) + spacing)
                    let likeliest = Int32(ck_argmax(vocabulary, numbers))
                    for place in part[row] {
                        let index = order[place]
                        var correct: Int32 = 0
                        let loss = ck_cross_entropy(
                            vocabulary, numbers, Int64(tree.labels[index].target), 0, 0, &correct)
                        predictions[index] = SitePrediction(loss: loss, likeliest: likeliest)
                    }
                }
            }
        }
        return predictions
    }
}
