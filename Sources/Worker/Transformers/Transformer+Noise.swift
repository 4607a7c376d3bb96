import CKernels
import Tensors

/// Dropout and noise, forward and backward: the slow way round, taken only where a recipe asks for them.
extension Transformer {
    var adapterDropout: Float { noise?.adapterDropout ?? 0 }

    /// NEFTune: uniform noise on the embeddings.
    func addNoise(_ noise: TrainingNoise, _ tree: TokenTree, to x: UnsafeMutablePointer<Float>) {
        guard let keys = noiseKeys else { return }
        let d = configuration.width
        let magnitudes = noise.magnitudes(tree, width: d)
        team.rows(tree.tokens.count) { rows, _ in
            magnitudes.withUnsafeBufferPointer { magnitudes in
                guard let base = magnitudes.baseAddress else { return }
                ck_uniform_noise(
                    Int64(rows.count), Int64(d), x + rows.lowerBound * d, Int64(d), keys + rows.lowerBound,
                    TrainingNoise.Stream.embedding,
                    base + rows.lowerBound)
            }
        }
    }

    /// into = x + scale · dropout([norm](branch)); `branch` is left as it is where there is a norm.
    func addDropped(
        _ norm: NormWeights?, _ branch: UnsafeMutablePointer<Float>, to x: UnsafePointer<Float>,
        into: UnsafeMutablePointer<Float>,
        _ stream: UInt64, _ rate: Float, tokens: Int
    ) {
        guard let keys = noiseKeys else { return }
        let d = configuration.width
        let dropped = activations.dropped
        team.rows(tokens) { rows, _ in
            let at = rows.lowerBound * d
            let n = Int64(rows.count)
            if let norm {
                var statistics = [Float](repeating: 0, count: rows.count)
                ck_rms_norm(
                    n, Int64(d), branch + at, Int64(d), norm.weight, self.configuration.epsilon, dropped + at, Int64(d),
                    &statistics)
            }
            ck_dropout(n, Int64(d), dropped + at, Int64(d), keys + rows.lowerBound, stream, 0, rate)
            (into + at).update(from: x + at, count: rows.count * d)
            ck_add_scaled(n * Int64(d), self.configuration.residualScale, dropped + at, into + at)
        }
    }

    /// The gradient before a branch's dropout, in ``Activations/dropped``; without dropout, the gradient as it is.
    func throughDropout(_ dx: UnsafeMutablePointer<Float>, _ stream: UInt64, tokens: Int) -> UnsafeMutablePointer<Float>
    {
        guard let noise, noise.dropout > 0, let keys = noiseKeys else { return dx }
        let d = configuration.width
        let dropped = activations.dropped
        team.rows(tokens) { rows, _ in
            let at = rows.lowerBound * d
            (dropped + at).update(from: dx + at, count: rows.count * d)
            ck_dropout(
                Int64(rows.count), Int64(d), dropped + at, Int64(d), keys + rows.lowerBound, stream, 0, noise.dropout)
        }
        return dropped
    }

    /// u = s · dropout(x)·Aᵀ: every projection drops for itself, as peft does.
    func droppedLowRankForward(
        _ places: [AdapterLayout.Place], _ x: UnsafePointer<Float>, ldx: Int, _ low: UnsafeMutablePointer<Float>,
        tokens: Int
    ) {
        guard let adapter, let keys = noiseKeys else { return }
        let r = rank
        let ld = configuration.lowRankColumns * r
        let rate = adapterDropout
        let block = Self.noiseRows
        team.run((tokens + block - 1) / block) { task, thread in
            let first = task * block
            let count = min(block, tokens - first)
            let copy = self.noiseScratch[thread].pointer
            for place in places {
                let inner = place.inner
                for t in 0..<count { (copy + t * inner).update(from: x + (first + t) * ldx, count: inner) }
                ck_dropout(
                    Int64(count), Int64(inner), copy, Int64(inner), keys + first,
                    TrainingNoise.Stream.adapter(place.layer, place.projection), 0, rate)
                let u = low + first * ld + place.projection.column * r
                ck_gemm(
                    Int64(count), Int64(r), Int64(inner), copy, Int64(inner), 1, adapter.values.pointer + place.a,
                    Int64(r), u, Int64(ld), 0)
                for t in 0..<count { ck_scale(Int64(r), adapter.layout.scale, u + t * ld) }
            }
        }
    }

    /// Columns first ..< first + 96 of an adapter's dropped input [T × 96]; nil without dropout.
    func droppedColumns(
        _ place: AdapterLayout.Place, _ x: UnsafePointer<Float>, ldx: Int, first: Int, tokens: Int, thread: Int
    ) -> UnsafePointer<Float>? {
        guard adapterDropout > 0, let keys = noiseKeys else { return nil }
        let copy = noiseScratch[thread].pointer
        let count = min(96, place.inner - first)
        for t in 0..<tokens { (copy + t * 96).update(from: x + t * ldx + first, count: count) }
        ck_dropout(
            Int64(tokens), Int64(count), copy, 96, keys, TrainingNoise.Stream.adapter(place.layer, place.projection),
            Int64(first),
            adapterDropout)
        return UnsafePointer(copy)
    }

    /// dx += mask ∘ (g·A), with g in ``Activations/dLow``.
    func addDroppedInputGradient(
        _ layer: Int, _ projection: Projection, into dx: UnsafeMutablePointer<Float>, ld: Int, tokens: Int
    ) {
        guard let adapter, let place = adapter.place(layer, projection), let keys = noiseKeys else { return }
        let r = rank
        let inner = place.inner
        let rate = adapterDropout
        let block = Self.noiseRows
        team.run((tokens + block - 1) / block) { task, thread in
            let first = task * block
            let count = min(block, tokens - first)
            let out = self.noiseScratch[thread].pointer
            let panels = out + block * inner
            ck_pack_rows(Int64(inner), Int64(r), adapter.values.pointer + place.a, Int64(r), panels)
            ck_gemm_packed(
                Int64(count), Int64(inner), Int64(r),
                self.activations.dLow + first * configuration.lowRankColumns * r + projection.column * r,
                Int64(configuration.lowRankColumns * r), panels,
                out, Int64(inner), 0)
            ck_dropout(
                Int64(count), Int64(inner), out, Int64(inner), keys + first,
                TrainingNoise.Stream.adapter(layer, projection), 0, rate)
            for t in 0..<count { ck_add_scaled(Int64(inner), 1, out + t * inner, dx + (first + t) * ld) }
        }
    }
}
