import Tensors

extension Transformer {
    /// Forward only: the last residual stream after its norm, at the token before each label site of `tree`, in their
    /// order: [sites × d].
    package func states(_ tree: TokenTree) throws -> [[Float]] {
        try draw(nil, tree)
        let hidden = try forward(tree)
        let d = configuration.width
        try headScratch.reserve(2 * d + 2)
        let (row, normed) = (headScratch.pointer, headScratch.pointer + d)
        return tree.labels.map { site in
            row.update(from: hidden + Int(site.token) * d, count: d)
            normalise(model.weights.finalNorm, row, normed, normed + d, tokens: 1)
            return Array(UnsafeBufferPointer(start: normed, count: d))
        }
    }
}
