import CKernels
import Tensors

/// The first residual stream, from tokens and positions, and back.
extension Transformer {
    /// x[t] = E[token] · scale (+ P[position]).
    func embed(_ tokens: [Int32], _ places: [Int32], into x: UnsafeMutablePointer<Float>) {
        let d = configuration.width
        team.rows(tokens.count, grain: 8) { rows, _ in
            var position = [Float](repeating: 0, count: self.model.weights.positions == nil ? 0 : d)
            for t in rows {
                let row = x + t * d
                self.model.weights.embedding.row(Int(tokens[t]), into: row)
                if self.configuration.embeddingScale != 1 { ck_scale(Int64(d), self.configuration.embeddingScale, row) }
                if let positions = self.model.weights.positions {
                    position.withUnsafeMutableBufferPointer { buffer in
                        guard let base = buffer.baseAddress else { return }
                        positions.row(Int(places[t]), into: base)
                        ck_add_scaled(Int64(d), 1, base, row)
                    }
                }
            }
        }
    }

    /// dE[token] += scale · dx[t] and dP[position] += dx[t], from the gradient of the first residual stream.
    func embeddingGradients(_ tree: TokenTree, _ gradients: FloatBuffer) {
        perLayerInputGradients(tree, gradients)
        guard let place = weights?.embedding else { return }
        let d = configuration.width
        columns(d) { columns in
            let from = columns.lowerBound
            let count = Int64(columns.count)
            for (t, token) in tree.tokens.enumerated() {
                let dx = self.activations.dx + t * d + from
                ck_add_scaled(
                    count, self.configuration.embeddingScale, dx,
                    gradients.pointer + place.offset + Int(token) * d + from)
                if let positions = self.weights?.positions {
                    ck_add_scaled(
                        count, 1, dx, gradients.pointer + positions.offset + Int(tree.positions[t]) * d + from)
                }
            }
        }
    }
}
