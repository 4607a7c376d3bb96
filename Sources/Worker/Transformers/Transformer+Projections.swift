import CKernels
import Tensors

/// Linear layers with what an adapter adds to them, forward and backward. Sums over tokens run in the tokens' order,
/// whatever the threads do.
extension Transformer {
    /// The products of several projections that share the input x.
    func project(
        _ layer: Int, _ outputs: [(Projection, UnsafeMutablePointer<Float>, ld: Int)], x: UnsafePointer<Float>,
        ldx: Int,
        _ low: UnsafeMutablePointer<Float>, tokens: Int, accumulate: Bool = false
    ) {
        if stepping != nil {
            return projectRows(layer, outputs, x: x, ldx: ldx, tokens: tokens, accumulate: accumulate)
        }
        lowRankForward(layer, outputs.map(\.0), x, ldx: ldx, low, tokens: tokens)
        let parts = outputs.compactMap { projection, y, ld in
            model.weights.layers[layer][projection].map {
                Products.Forward($0, y, ldy: ld, low: forwardLow(layer, projection, low), accumulate: accumulate)
            }
        }
        products.forward(parts, x: x, ldx: ldx, tokens: tokens)
    }

    /// into = residual + scale · (x·Wᵀ) of one projection, with ``ModelConfiguration/residualScale``.
    func addProjected(
        _ layer: Int, _ projection: Projection, x: UnsafePointer<Float>, ldx: Int, _ low: UnsafeMutablePointer<Float>,
        to residual: UnsafePointer<Float>, into: UnsafeMutablePointer<Float>, tokens: Int
    ) {
        let d = configuration.width
        let scale = configuration.residualScale
        copy(residual, to: into, tokens * d)
        // The product is added to the stream in place, hence the stream is divided first: (r / s + y) · s.
        if scale != 1 { scaleRows(into, by: 1 / scale, tokens: tokens) }
        project(layer, [(projection, into, d)], x: x, ldx: ldx, low, tokens: tokens, accumulate: true)
        if scale != 1 { scaleRows(into, by: scale, tokens: tokens) }
    }

    /// The gradient of a branch before it was scaled, in ``Activations/dropped``; as it is where nothing scales.
    func throughResidualScale(_ dx: UnsafeMutablePointer<Float>, tokens: Int) -> UnsafeMutablePointer<Float> {
        let scale = configuration.residualScale
        guard scale != 1 else { return dx }
        let out = activations.dropped
        if out != dx { copy(dx, to: out, tokens * configuration.width) }
        scaleRows(out, by: scale, tokens: tokens)
        return out
    }

    /// Multiplies rows as wide as the model.
    func scaleRows(_ x: UnsafeMutablePointer<Float>, by factor: Float, tokens: Int) {
        let d = configuration.width
        team.rows(tokens, grain: 8) { rows, _ in ck_scale(Int64(rows.count * d), factor, x + rows.lowerBound * d) }
    }

    /// u = s · x·Aᵀ for each projection that has an adapter, at its columns of `low` (ld =
    /// ``ModelConfiguration/lowRankColumns`` · r).
    func lowRankForward(
        _ layer: Int, _ projections: [Projection], _ x: UnsafePointer<Float>, ldx: Int,
        _ low: UnsafeMutablePointer<Float>, tokens: Int
    ) {
        guard let adapter else { return }
        let places = projections.compactMap { adapter.place(layer, $0) }
        guard !places.isEmpty else { return }
        let r = rank
        let ld = configuration.lowRankColumns * r
        if adapterDropout > 0 { return droppedLowRankForward(places, x, ldx: ldx, low, tokens: tokens) }
        team.rows(tokens, grain: 12) { rows, _ in
            for place in places {
                let u = low + rows.lowerBound * ld + place.projection.column * r
                ck_gemm(
                    Int64(rows.count), Int64(r), Int64(place.inner), x + rows.lowerBound * ldx, Int64(ldx), 1,
                    adapter.values.pointer + place.a, Int64(r), u, Int64(ld), 0)
                for t in 0..<rows.count { ck_scale(Int64(r), adapter.layout.scale, u + t * ld) }
            }
        }
    }

    /// The adapter's addition to a projection's output, from the kept u.
    func forwardLow(_ layer: Int, _ projection: Projection, _ low: UnsafePointer<Float>) -> LowRank? {
        guard let adapter else { return nil }
        return adapter.place(layer, projection).map {
            LowRank(
                rows: low + projection.column * rank, stride: configuration.lowRankColumns * rank,
                factor: UnsafePointer(adapter.values.pointer) + $0.b, rank: rank)
        }
    }

    /// Σ dy·(W + s·B·A) over projections that share their input.
    func inputGradient(
        _ layer: Int, _ parts: [(Projection, UnsafeMutablePointer<Float>, ld: Int)],
        into dx: UnsafeMutablePointer<Float>, ld: Int,
        tokens: Int
    ) {
        let r = rank
        let terms = parts.compactMap { projection, dy, lddy -> Products.Backward? in
            guard let matrix = model.weights.layers[layer][projection] else { return nil }
            var low: LowRank?
            if adapterDropout == 0, let adapter, let place = adapter.place(layer, projection) {
                low = LowRank(
                    rows: UnsafePointer(activations.dLow) + projection.column * r, stride: configuration.lowRankColumns * r,
                    factor: UnsafePointer(adapter.values.pointer) + place.a, rank: r)
            }
            return Products.Backward(matrix, dy: dy, lddy: lddy, low: low)
        }
        products.inputGradient(terms, dx: dx, lddx: ld, tokens: tokens)
        if adapterDropout > 0 {
            for part in parts { addDroppedInputGradient(layer, part.0, into: dx, ld: ld, tokens: tokens) }
        }
    }

    /// Gradients of each projection's weights, or of its factors: g = s·dy·B [T × r] (kept in dLow for the input
    /// gradient), dAᵀ += xᵀ·g, dB += dyᵀ·u.
    func parameterBackward(
        _ layer: Int, _ parts: [(Projection, UnsafeMutablePointer<Float>, ld: Int)], x: UnsafePointer<Float>, ldx: Int,
        _ low: UnsafePointer<Float>, _ gradients: FloatBuffer, tokens: Int, needsInput: Bool = true
    ) {
        if weights != nil { weightGradients(layer, parts, x: x, ldx: ldx, gradients, tokens: tokens) }
        guard let adapter else { return }
        let covered = parts.compactMap { part in
            adapter.place(layer, part.0).map { (place: $0, dy: part.1, ld: part.ld) }
        }
        guard !covered.isEmpty else { return }
        let r = rank
        let ld = configuration.lowRankColumns * r
        let g = activations.dLow
        team.rows(tokens, grain: 12) { rows, _ in
            for part in covered {
                let out = g + rows.lowerBound * ld + part.place.projection.column * r
                ck_gemm(
                    Int64(rows.count), Int64(r), Int64(part.place.outer), part.dy + rows.lowerBound * part.ld,
                    Int64(part.ld), 1,
                    adapter.values.pointer + part.place.b, Int64(r), out, Int64(ld), 0)
                for t in 0..<rows.count { ck_scale(Int64(r), adapter.layout.scale, out + t * ld) }
            }
        }
        // Blocks of 96 rows of either factor are one task each: no two write the same gradient.
        var tasks: [(part: Int, first: Int, isA: Bool)] = []
        for (index, part) in covered.enumerated() {
            for first in stride(from: 0, to: part.place.inner, by: 96) { tasks.append((index, first, true)) }
            for first in stride(from: 0, to: part.place.outer, by: 96) { tasks.append((index, first, false)) }
        }
        team.run(tasks.count) { task, thread in
            let (index, first, isA) = tasks[task]
            let part = covered[index]
            let column = part.place.projection.column * r
            if isA,
                let dropped = self.droppedColumns(part.place, x, ldx: ldx, first: first, tokens: tokens, thread: thread)
            {
                ck_gemm(
                    Int64(min(96, part.place.inner - first)), Int64(r), Int64(tokens), dropped, 1, 96, g + column,
                    Int64(ld),
                    gradients.pointer + part.place.a + first * r, Int64(r), 1)
            } else if isA {
                ck_gemm(
                    Int64(min(96, part.place.inner - first)), Int64(r), Int64(tokens), x + first, 1, Int64(ldx),
                    g + column, Int64(ld),
                    gradients.pointer + part.place.a + first * r, Int64(r), 1)
            } else {
                ck_gemm(
                    Int64(min(96, part.place.outer - first)), Int64(r), Int64(tokens), part.dy + first, 1,
                    Int64(part.ld), low + column,
                    Int64(ld), gradients.pointer + part.place.b + first * r, Int64(r), 1)
            }
        }
    }

    /// dW [out × in] += dyᵀ·x and db += Σ dy, for projections that share the input x.
    func weightGradients(
        _ layer: Int, _ parts: [(Projection, UnsafeMutablePointer<Float>, ld: Int)], x: UnsafePointer<Float>, ldx: Int,
        _ gradients: FloatBuffer, tokens: Int
    ) {
        guard let weights else { return }
        let trained = parts.compactMap { part in
            weights.place(layer, part.0).map { (place: $0, dy: part.1, ld: part.ld) }
        }
        guard let first = trained.first else { return }
        products.weightGradient(
            trained.map { .init(dy: $0.dy, lddy: $0.ld, out: $0.place.out, dw: gradients.pointer + $0.place.offset) },
            x: x, ldx: ldx,
            inner: first.place.inner, tokens: tokens)
        for part in trained {
            guard let bias = part.place.bias else { continue }
            columns(part.place.out) { columns in
                ck_column_sums(
                    Int64(tokens), Int64(columns.count), part.dy + columns.lowerBound, Int64(part.ld),
                    gradients.pointer + bias + columns.lowerBound)
            }
        }
    }
}
