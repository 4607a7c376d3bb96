import Tensors
import Transformers

/// Small models of every family with random weights, for checks that need no file.
enum TinyModel {
    static let vocabulary = 61

    static func make(_ family: ModelConfiguration.Family, seed: UInt64 = 5) throws -> Model {
        var c = ModelConfiguration(
            family: family, layers: 3, width: 32, heads: 4, kvHeads: family == .gpt2 ? 4 : 2, headSize: 8, hidden: 48,
            vocabulary: vocabulary, context: 64, epsilon: 1e-5, tied: true)
        switch family {
        case .gpt2:
            c.normalisation = .layer
            c.activation = .geluTanh
            c.gated = false
            c.rope = nil
        case .gemma3:
            c.activation = .geluTanh
            c.headNorms = true
            c.postNorms = true
            c.embeddingScale = Float(32).squareRoot()
            c.slidingRope = .init(base: 1_000)
            c.window = 5
            c.slides = [true, true, false]
        case .qwen3: c.headNorms = true
        case .llama, .qwen2: break
        }
        var random = Source(seed: seed)
        let d = c.width
        func norm(_ count: Int) -> NormWeights {
            NormWeights(
                weight: random.values(count, around: 1, by: 0.3),
                bias: c.normalisation == .layer ? random.values(count, by: 0.2) : nil)
        }
        func matrix(_ out: Int, _ inner: Int, bias: Bool = false) throws -> WeightMatrix {
            let buffer = try FloatBuffer(out * inner)
            for (index, value) in random.values(out * inner, by: 1.5 / Float(inner).squareRoot()).enumerated() {
                buffer.pointer[index] = value
            }
            return WeightMatrix(buffer, offset: 0, out: out, in: inner, bias: bias ? random.values(out, by: 0.2) : nil)
        }
        let biased = family == .gpt2
        let layers = try (0..<c.layers).map { _ in
            var layer = LayerWeights(
                attentionNorm: norm(d), feedForwardNorm: norm(d),
                projections: [
                    try matrix(c.queryWidth, d, bias: biased || family == .qwen2),
                    try matrix(c.keyWidth, d, bias: biased || family == .qwen2),
                    try matrix(c.keyWidth, d, bias: biased || family == .qwen2),
                    try matrix(d, c.queryWidth, bias: biased),
                    c.gated ? try matrix(c.hidden, d) : nil, try matrix(c.hidden, d, bias: biased),
                    try matrix(d, c.hidden, bias: biased),
                ])
            if c.headNorms { (layer.queryNorm, layer.keyNorm) = (norm(c.headSize), norm(c.headSize)) }
            if c.postNorms { (layer.postAttentionNorm, layer.postFeedForwardNorm) = (norm(d), norm(d)) }
            return layer
        }
        let embedding = try matrix(vocabulary, d)
        return Model(
            configuration: c,
            weights: ModelWeights(
                embedding: embedding, positions: family == .gpt2 ? try matrix(c.context, d) : nil, layers: layers,
                finalNorm: norm(d),
                head: embedding, parameters: 0, quantisation: [:]))
    }

    /// An adapter whose factors are all random, so that every gradient is alive.
    static func adapter(_ model: Model, rank: Int = 4, firstLayer: Int = 0) throws -> Adapter {
        let adapter = try Adapter(
            AdapterLayout(rank: rank, scale: 2, targets: Projection.allCases, firstLayer: firstLayer), for: model)
        var random = Source(seed: 77)
        for (index, value) in random.values(adapter.count, by: 0.2).enumerated() {
            adapter.values.pointer[index] = value
        }
        return adapter
    }

    /// Sequences that begin alike in twos and threes, with labels in their second half.
    static func sequences(_ count: Int, seed: UInt64 = 9) -> [TokenSequence] {
        var random = Source(seed: seed)
        let common = random.ids(11)
        return (0..<count).map { index in
            let ids = (index % 3 == 2 ? random.ids(4) : common) + random.ids(5 + index % 7)
            return TokenSequence(ids: ids, weights: ids.indices.map { $0 > ids.count / 2 ? 1 : 0 })
        }
    }

    struct Source {
        let random: CounterRandom
        var next: UInt64 = 0
        init(seed: UInt64) { random = CounterRandom(seed: seed, stream: 3) }

        mutating func values(_ count: Int, around centre: Float = 0, by size: Float) -> [Float] {
            (0..<count).map { _ in
                next += 1
                return centre + size * (2 * random.uniform(next) - 1)
            }
        }

        mutating func ids(_ count: Int) -> [Int32] {
            (0..<count).map { _ in
                next += 1
                return Int32(random.bits(next) % UInt64(TinyModel.vocabulary))
            }
        }
    }
}
