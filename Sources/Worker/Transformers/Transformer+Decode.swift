import CKernels
import Tensors

/// One sequence of a batch that is being continued: where its prompt's keys lie, and how far it has come.
package struct DecodingSequence: Sendable {
    /// Its place in the cache.
    package let index: Int
    /// The prompt as stretches of the packed stream, from the root down.
    package let prompt: [Range<Int>]
    /// Tokens added so far whose keys are in the cache.
    package private(set) var added = 0

    /// The position of the next token.
    package var position: Int { promptLength + added }
    let promptLength: Int

    init(index: Int, prompt: [Range<Int>]) {
        self.index = index
        self.prompt = prompt
        promptLength = prompt.reduce(0) { $0 + $1.count }
    }

    mutating func advance() { added += 1 }
}

extension Transformer {
    /// Runs the prompts of a packed tree and keeps their keys and values.
    ///
    /// Returns the sequences ready to be continued, and the residual stream [T × d], valid until the next call.
    package func prefill(_ tree: TokenTree, sequences count: Int, newTokens: Int) throws
        -> (cache: KeyValueCache, sequences: [DecodingSequence], hidden: UnsafeMutablePointer<Float>)
    {
        let c = configuration
        let cache = try KeyValueCache(c, promptTokens: tree.tokens.count, sequences: count, newTokens: newTokens)
        let paths = (0..<count).map(tree.path)
        if c.delta != nil {
            stateSinks = (cache, Dictionary(grouping: 0..<count) { tree.lastTokens[$0] })
        }
        defer { stateSinks = nil }
        let hidden = try forward(tree) { layer, kept in
            guard c.attends(layer) else {
                for (index, path) in paths.enumerated() { self.keepState(layer, index, path, cache, kept) }
                return
            }
            guard c.keeps(layer) else { return }
            self.team.rows(tree.tokens.count, grain: 16) { rows, _ in
                for t in rows {
                    cache.prompt(layer, t).update(
                        from: kept.qkv + t * self.activations.qkvWidth + c.queryWidth(layer),
                        count: cache.rowWidth(layer))
                }
            }
        }
        return (cache, paths.enumerated().map { DecodingSequence(index: $0.offset, prompt: $0.element) }, hidden)
    }

    /// Runs one more token of each sequence; returns the residual stream [sequences × d], valid until the next call.
    package func decode(_ tokens: [Int32], _ sequences: inout [DecodingSequence], _ cache: KeyValueCache) throws
        -> UnsafeMutablePointer<Float>
    {
        let c = configuration
        let count = tokens.count
        let positions = sequences.map { Int32($0.position) }
        let longest = Int(positions.max() ?? 0) + 1
        try activations.reserve(count)
        tables.full?.reserve(longest)
        tables.sliding?.reserve(longest)
        let group = c.heads / min(c.kvHeads, c.fullKVHeads ?? c.kvHeads)
        for scratch in attentionScratch { try scratch.reserve(group * (longest + 7)) }
        embed(tokens, positions, into: slot(0).input)
        perLayerInputs(tokens, slot(0).input)
        for layer in 0..<c.layers {
            let kept = slot(layer)
            let output = layer + 1 < c.layers ? slot(layer + 1).input : activations.normed
            if c.convolves(layer) {
                convolutionForward(layer, tokens: count, kept) { convolveCached(layer, sequences, cache, kept) }
            } else if c.recurs(layer) {
                deltaCached(layer, sequences, cache, kept)
            } else {
                attentionForward(layer, positions, kept) {
                    for (t, sequence) in sequences.enumerated() where c.keeps(layer) {
                        cache.added(layer, sequence.index, sequence.added).update(
                            from: kept.qkv + t * activations.qkvWidth + c.queryWidth(layer),
                            count: cache.rowWidth(layer))
                    }
                    attendCached(layer, sequences, cache, kept)
                }
            }
            feedForwardForward(layer, tokens: count, kept, output: output)
        }
        for index in sequences.indices { sequences[index].advance() }
        return activations.normed
    }

    /// Logits [rows × vocabulary] of the given rows of a residual stream, valid until the next call.
    ///
    /// - Parameters:
    ///   - alike: each row's are the same bits whichever other rows there are.
    ///   - spacing: numbers between two rows.
    package func logits(_ hidden: UnsafePointer<Float>, rows: [Int], alike: Bool = false, spacing: Int = 0) throws
        -> UnsafeMutablePointer<Float>
    {
        let d = configuration.width
        let count = max(1, rows.count)
        let width = configuration.vocabulary + spacing
        try headScratch.reserve(count * (2 * d + 2 + width))
        let x = headScratch.pointer
        let normed = x + count * d
        let statistics = normed + count * d
        let logits = statistics + 2 * count
        for (index, row) in rows.enumerated() { (x + index * d).update(from: hidden + row * d, count: d) }
        normalise(model.weights.finalNorm, x, normed, statistics, tokens: rows.count)
        if configuration.logitScale != 1 { scaleRows(normed, by: configuration.logitScale, tokens: rows.count) }
        let head = [Products.Forward(model.weights.head, logits, ldy: width)]
        if alike {
            products.forwardRows(head, [[]], x: normed, ldx: d, tokens: rows.count)
        } else {
            products.forward(head, x: normed, ldx: d, tokens: rows.count)
        }
        capLogits(logits, ld: width, rows: rows.count)
        return logits
    }

    /// attention [sequences × heads·headSize] of one new token each over its own path.
    private func attendCached(
        _ layer: Int, _ sequences: [DecodingSequence], _ cache: KeyValueCache, _ kept: Activations.Slot
    ) {
        let c = configuration
        let (size, heads, keyWidth) = (c.headSize(layer), c.kvHeads(layer), c.keyWidth(layer))
        let group = c.heads / heads
        let window = c.slides(layer) ? c.window : 0
        let source = c.source(layer)
        let width = cache.rowWidth(source)
        team.run(sequences.count * heads) { task, thread in
            let t = task / heads
            let head = task % heads
            let sequence = sequences[t]
            // A sliding layer sees the newest `window` tokens, this one included.
            var hidden = window > 0 ? max(0, sequence.position + 1 - window) : 0
            var spans: [ck_span] = []
            func append(_ row: UnsafeMutablePointer<Float>, _ count: Int) {
                let skipped = min(hidden, count)
                hidden -= skipped
                guard count > skipped else { return }
                let k = UnsafePointer(row + skipped * width + head * size)
                spans.append(ck_span(k: k, v: k + keyWidth, count: Int64(count - skipped)))
            }
            for range in sequence.prompt { append(cache.prompt(source, range.lowerBound), range.count) }
            append(cache.added(source, sequence.index, 0), sequence.added + 1)
            let column = head * group * size
            ck_attend_spans(
                Int64(spans.count), spans, Int64(size), Int64(group), c.scoreScale, Int64(width),
                kept.qkv + t * self.activations.qkvWidth + column, kept.attention + t * c.queryWidth(layer) + column,
                self.attentionScratch[thread].pointer)
        }
    }
}

/// What layers that do not attend keep of the tokens before.
extension Transformer {
    /// Keeps what a layer needs of a prompt's last tokens beside the states of heads.
    private func keepState(
        _ layer: Int, _ sequence: Int, _ path: [Range<Int>], _ cache: KeyValueCache, _ kept: Activations.Slot
    ) {
        let length = path.reduce(0) { $0 + $1.count }
        let last = path.joined().suffix(configuration.taps - 1)
        for (token, position) in zip(last, (length - last.count)...) {
            if let rule = configuration.delta {
                cache.mixed(layer, sequence, position)
                    .update(from: kept.qkv + token * activations.qkvWidth, count: rule.mixedWidth)
                continue
            }
            ck_gate_products(
                1, Int64(configuration.width), kept.qkv + token * activations.qkvWidth, Int64(activations.qkvWidth),
                cache.state(layer, sequence, position), Int64(configuration.width))
        }
    }

    /// The gated sums of one new token of each sequence, whose products take the place of the oldest.
    private func convolveCached(
        _ layer: Int, _ sequences: [DecodingSequence], _ cache: KeyValueCache, _ kept: Activations.Slot
    ) {
        let d = configuration.width
        let products = activations.normed
        convolve(layer, tokens: sequences.count, kept) { row, taps in
            let (index, position) = (sequences[row].index, sequences[row].position)
            for tap in taps.indices {
                let age = taps.count - 1 - tap
                taps[tap] =
                    age == 0
                    ? UnsafePointer(products + row * d)
                    : position < age ? nil : UnsafePointer(cache.state(layer, index, position - age))
            }
        }
        for (row, sequence) in sequences.enumerated() {
            cache.state(layer, sequence.index, sequence.position).update(from: products + row * d, count: d)
        }
    }
}

extension TokenTree {
    /// The stretches of the stream that make up sequence `index`, from the root down; empty for an empty sequence.
    func path(of index: Int) -> [Range<Int>] {
        let last = Int(lastTokens[index])
        guard let tree = trees.first(where: { $0.tokens.contains(last) }),
            let leaf = tree.nodes.first(where: { (nodes[$0].start..<nodes[$0].end).contains(Int32(last)) })
        else { return [] }
        var path = [Int(nodes[leaf].start)..<(last + 1)]
        var parent = Int(nodes[leaf].parent)
        while parent >= 0 {
            let node = nodes[tree.nodes.lowerBound + parent]
            path.append(Int(node.start)..<Int(node.end))
            parent = Int(node.parent)
        }
        return path.reversed()
    }
}
