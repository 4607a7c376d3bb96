import CKernels
import Tensors

/// Some tokens of one sequence that a step computes: the next token of an answer, or a piece of a prompt.
package struct StepPart {
    package var tokens: ArraySlice<Int32>
    /// Position of the first of them.
    package var position: Int
    /// The pages of the whole sequence, long enough for all positions.
    package var pages: [KeyValuePage]
    /// What is added to the base's projections for this sequence.
    package var adapter: Adapter?
    /// A page that a part before this one fills in the same step: keys and values of the tokens before `position` that
    /// share a page with it are taken from there. Not where layers convolve or recur.
    package var partial: KeyValuePage?
    /// The sequence's own states before `position`, and after the step those after its last token; for models that have
    /// states.
    package var states: RecurrentStates?

    package init(
        tokens: ArraySlice<Int32>, position: Int, pages: [KeyValuePage], adapter: Adapter?,
        partial: KeyValuePage? = nil, states: RecurrentStates? = nil
    ) {
        self.partial = partial
        self.states = states
        self.tokens = tokens
        self.position = position
        self.pages = pages
        self.adapter = adapter
    }
}

/// Which rows of a step have which adapter.
struct StepAdapters {
    var groups: [(rows: Range<Int>, adapter: Adapter)]
    /// The widest rank.
    var rank: Int
}

/// Steps over rows of any sequences: each row gets the same bits whichever other rows share the step, however its
/// sequence was cut into pieces, and whether what precedes it was computed just now or long ago.
extension Transformer {
    /// Runs every token of `parts`, in which parts of one adapter are neighbours, and writes keys and values into the
    /// pages; returns the residual stream [rows × d], valid until the next call. The transformer has no adapter of its
    /// own.
    package func step(_ parts: [StepPart]) throws -> UnsafeMutablePointer<Float> {
        let c = configuration
        let layout = StepLayout(parts)
        let count = layout.tokens.count
        let longest = Int(layout.positions.max() ?? 0) + 1
        try activations.reserve(count)
        tables.full?.reserve(longest)
        tables.sliding?.reserve(longest)
        let group = c.heads / min(c.kvHeads, c.fullKVHeads ?? c.kvHeads)
        for scratch in attentionScratch { try scratch.reserve(group * (longest + 7)) }
        try stepScratch.reserve(count * configuration.lowRankColumns * layout.adapters.rank)
        stepping = layout.adapters
        defer { stepping = nil }
        embed(layout.tokens, layout.positions, into: slot(0).input)
        perLayerInputs(layout.tokens, slot(0).input)
        for layer in 0..<c.layers {
            let kept = slot(layer)
            let output = layer + 1 < c.layers ? slot(layer + 1).input : activations.normed
            if c.convolves(layer) {
                convolutionForward(layer, tokens: count, kept) { convolvePages(layer, layout, kept) }
            } else if c.recurs(layer) {
                deltaPages(layer, layout, kept)
            } else {
                attentionForward(layer, layout.positions, kept) {
                    if c.keeps(layer) { keep(layer, layout, kept) }
                    attendPages(layer, layout, kept)
                }
            }
            feedForwardForward(layer, tokens: count, kept, output: output)
        }
        return activations.normed
    }

    /// Logits [rows × vocabulary] of the given rows of a step's residual stream, valid until the next call; each row's
    /// are the same bits whichever other rows are asked for.
    package func stepLogits(_ hidden: UnsafePointer<Float>, rows: [Int]) throws -> UnsafeMutablePointer<Float> {
        try logits(hidden, rows: rows, alike: true)
    }

    /// Keys and values of the step's rows, into their pages.
    private func keep(_ layer: Int, _ layout: StepLayout, _ kept: Activations.Slot) {
        let c = configuration
        let width = c.keptWidth(layer)
        for row in layout.tokens.indices {
            let position = Int(layout.positions[row])
            layout.parts[layout.part[row]].pages[position / KeyValuePages.tokens]
                .row(layer, position % KeyValuePages.tokens)
                .update(from: kept.qkv + row * activations.qkvWidth + c.queryWidth(layer), count: width)
        }
        for part in layout.parts {
            guard let partial = part.partial else { continue }
            part.pages[part.position / KeyValuePages.tokens].row(layer, 0)
                .update(from: partial.row(layer, 0), count: part.position % KeyValuePages.tokens * width)
        }
    }

    /// attention [rows × heads·headSize] of each row over its own sequence up to itself. Rows that follow each other
    /// are one task a head, so that what they read stays in the cache.
    private func attendPages(_ layer: Int, _ layout: StepLayout, _ kept: Activations.Slot) {
        let c = configuration
        let (size, heads, keyWidth) = (c.headSize(layer), c.kvHeads(layer), c.keyWidth(layer))
        let group = c.heads / heads
        let window = c.slides(layer) ? c.window : 0
        let width = 2 * keyWidth
        let source = c.source(layer)
        let blocks = layout.blocks
        team.run(blocks.count * heads) { task, thread in
            let rows = blocks[task / heads]
            let head = task % heads
            let pages = layout.parts[layout.part[rows.lowerBound]].pages
            let last = Int(layout.positions[rows.upperBound - 1])
            let keys = pages[...(last / KeyValuePages.tokens)].map {
                UnsafePointer($0.row(source, 0)) + head * size
            }
            var spans: [ck_span] = []
            for row in rows {
                let position = Int(layout.positions[row])
                // A sliding layer sees the newest `window` tokens, this one included.
                let first = window > 0 ? max(0, position + 1 - window) : 0
                spans.removeAll(keepingCapacity: true)
                for page in first / KeyValuePages.tokens...position / KeyValuePages.tokens {
                    let from = max(0, first - page * KeyValuePages.tokens)
                    let to = min(KeyValuePages.tokens, position + 1 - page * KeyValuePages.tokens)
                    let k = keys[page] + from * width
                    spans.append(ck_span(k: k, v: k + keyWidth, count: Int64(to - from)))
                }
                let column = head * group * size
                ck_attend_spans(
                    Int64(spans.count), spans, Int64(size), Int64(group), c.scoreScale, Int64(width),
                    kept.qkv + row * self.activations.qkvWidth + column,
                    kept.attention + row * c.queryWidth(layer) + column,
                    self.attentionScratch[thread].pointer)
            }
        }
    }

    /// The gated sums of each row over its own sequence; then the products of each page's last rows, into the page.
    private func convolvePages(_ layer: Int, _ layout: StepLayout, _ kept: Activations.Slot) {
        let d = configuration.width
        let products = activations.normed
        let pageTokens = KeyValuePages.tokens
        convolve(layer, tokens: layout.tokens.count, kept) { row, taps in
            let part = layout.part[row]
            let position = Int(layout.positions[row])
            for tap in taps.indices {
                let age = taps.count - 1 - tap
                if row - age >= layout.first[part] {
                    taps[tap] = UnsafePointer(products + (row - age) * d)
                } else if position >= age {
                    let pages = layout.parts[part].pages
                    let place = position - age
                    taps[tap] = UnsafePointer(pages[place / pageTokens].state(layer, place % pageTokens))
                } else {
                    taps[tap] = nil
                }
            }
        }
        let states = configuration.taps - 1
        for row in layout.tokens.indices {
            let position = Int(layout.positions[row])
            // Later rows of the same page would take its place.
            let later = row + states
            if later < layout.tokens.count, layout.part[later] == layout.part[row],
                (position + states) / pageTokens == position / pageTokens
            {
                continue
            }
            layout.parts[layout.part[row]].pages[position / pageTokens].state(layer, position % pageTokens)
                .update(from: products + row * d, count: d)
        }
    }

    /// The products of a step: the base's for all rows together, and each row's own adapter on top.
    func projectRows(
        _ layer: Int, _ outputs: [(Projection, UnsafeMutablePointer<Float>, ld: Int)], x: UnsafePointer<Float>,
        ldx: Int, tokens: Int, accumulate: Bool
    ) {
        guard let stepping else { return }
        let low = stepScratch.pointer
        let parts = outputs.compactMap { projection, y, ld in
            model.weights.layers[layer][projection].map {
                (projection, Products.Forward($0, y, ldy: ld, accumulate: accumulate))
            }
        }
        // u = s · x·Aᵀ of each group and projection that has one, in columns of its own.
        let ld = configuration.lowRankColumns * stepping.rank
        var sites: [(rows: Range<Int>, place: AdapterLayout.Place, adapter: Adapter)] = []
        for group in stepping.groups {
            for (projection, _) in parts {
                guard let place = group.adapter.place(layer, projection) else { continue }
                sites.append((group.rows, place, group.adapter))
            }
        }
        func rows(_ place: AdapterLayout.Place, _ from: Int) -> UnsafeMutablePointer<Float> {
            low + from * ld + place.projection.column * stepping.rank
        }
        team.run(sites.count) { task, _ in
            let (range, place, adapter) = sites[task]
            let rank = adapter.layout.rank
            let u = rows(place, range.lowerBound)
            ck_gemm(
                Int64(range.count), Int64(rank), Int64(place.inner), x + range.lowerBound * ldx, Int64(ldx), 1,
                adapter.values.pointer + place.a, Int64(rank), u, Int64(ld), 0)
            for row in 0..<range.count { ck_scale(Int64(rank), adapter.layout.scale, u + row * ld) }
        }
        let lows = parts.map { projection, _ in
            sites.filter { $0.place.projection == projection }.map { site in
                Products.RowsLowRank(
                    tokens: site.rows,
                    low: LowRank(
                        rows: rows(site.place, site.rows.lowerBound), stride: ld,
                        factor: UnsafePointer(site.adapter.values.pointer) + site.place.b,
                        rank: site.adapter.layout.rank))
            }
        }
        products.forwardRows(parts.map(\.1), lows, x: x, ldx: ldx, tokens: tokens)
    }
}

/// The rows of a step.
struct StepLayout {
    let parts: [StepPart]
    var tokens: [Int32] = []
    var positions: [Int32] = []
    /// The part that each row belongs to.
    var part: [Int] = []
    /// The first row of each part.
    var first: [Int] = []
    /// Rows of one part that follow each other, some at a time.
    var blocks: [Range<Int>] = []
    var adapters = StepAdapters(groups: [], rank: 0)

    /// Rows that one task attends.
    private static let block = 16

    init(_ parts: [StepPart]) {
        self.parts = parts
        for (index, part) in parts.enumerated() {
            let from = tokens.count
            first.append(from)
            tokens.append(contentsOf: part.tokens)
            positions.append(contentsOf: (0..<part.tokens.count).map { Int32(part.position + $0) })
            self.part.append(contentsOf: repeatElement(index, count: part.tokens.count))
            for start in stride(from: from, to: tokens.count, by: Self.block) {
                blocks.append(start..<min(start + Self.block, tokens.count))
            }
            guard let adapter = part.adapter else { continue }
            adapters.rank = max(adapters.rank, adapter.layout.rank)
            if let last = adapters.groups.last, last.adapter === adapter, last.rows.upperBound == from {
                adapters.groups[adapters.groups.count - 1].rows = last.rows.lowerBound..<tokens.count
            } else {
                adapters.groups.append((from..<tokens.count, adapter))
            }
        }
    }
}
