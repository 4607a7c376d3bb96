import CKernels

/// A low-rank addition to a product: `rows` [tokens × rank] (already scaled) times `factor`.
package struct LowRank {
    package var rows: UnsafePointer<Float>
    package var stride: Int
    package var factor: UnsafePointer<Float>
    package var rank: Int
    package init(rows: UnsafePointer<Float>, stride: Int, factor: UnsafePointer<Float>, rank: Int) {
        self.rows = rows
        self.stride = stride
        self.factor = factor
        self.rank = rank
    }
}

/// Products of all tokens of a micro-batch with weight matrices, split over the team by columns of the result.
///
/// Each block of a weight is dequantised once, by the thread that multiplies with it, for all tokens.
package final class Products {
    package let team: ThreadTeam
    private let scratch: [FloatBuffer]

    package init(team: ThreadTeam) throws {
        self.team = team
        scratch = try (0..<team.threads).map { _ in try FloatBuffer(Int(max(CK_LINEAR_SCRATCH, CK_TRANSPOSED_SCRATCH)))
        }
    }

    /// A low-rank addition to some of a product's rows.
    package struct RowsLowRank {
        /// The product's rows that it is added to; ``LowRank/rows`` points at the first of them.
        var tokens: Range<Int>
        var low: LowRank
        package init(tokens: Range<Int>, low: LowRank) {
            self.tokens = tokens
            self.low = low
        }
    }

    /// One y = x·Wᵀ among several that share x: `y` [tokens × out], or += when `accumulate`.
    package struct Forward {
        var matrix: WeightMatrix
        var y: UnsafeMutablePointer<Float>
        var ldy: Int
        var low: LowRank?
        var accumulate: Bool
        package init(
            _ matrix: WeightMatrix, _ y: UnsafeMutablePointer<Float>, ldy: Int, low: LowRank? = nil,
            accumulate: Bool = false
        ) {
            self.matrix = matrix
            self.y = y
            self.ldy = ldy
            self.low = low
            self.accumulate = accumulate
        }
    }

    /// Computes every product of `parts` for `tokens` rows of `x`.
    package func forward(_ parts: [Forward], x: UnsafePointer<Float>, ldx: Int, tokens: Int) {
        if tokens <= Int(CK_MATVEC_TOKENS) {
            let lows = parts.map { part in
                part.low.map { [RowsLowRank(tokens: 0..<tokens, low: $0)] } ?? []
            }
            return forwardRows(parts, lows, x: x, ldx: ldx, tokens: tokens)
        }
        let columns = parts.reduce(0) { $0 + $1.matrix.out }
        let width = block(columns, grain: 16)
        var tasks: [(part: Int, first: Int, count: Int)] = []
        for (index, part) in parts.enumerated() {
            for first in stride(from: 0, to: part.matrix.out, by: width) {
                tasks.append((index, first, min(width, part.matrix.out - first)))
            }
        }
        team.run(tasks.count) { task, thread in
            let (index, first, count) = tasks[task]
            let part = parts[index]
            var matrix = part.matrix.kernel
            let scratch = self.scratch[thread].pointer
            func call(_ bias: UnsafePointer<Float>?) {
                withLow(part.low) {
                    ck_linear_forward(
                        &matrix, Int64(first), Int64(count), Int64(tokens), x, Int64(ldx), part.y + first,
                        Int64(part.ldy), bias, $0,
                        part.accumulate ? 1 : 0, scratch)
                }
            }
            if let bias = part.matrix.bias { bias.withUnsafeBufferPointer { call($0.baseAddress) } } else { call(nil) }
        }
    }

    /// The same products so that each row gets the same bits whichever other rows there are, with low-rank additions
    /// of its own: `lows` has those of each part, and ``Forward/low`` is left aside.
    package func forwardRows(
        _ parts: [Forward], _ lows: [[RowsLowRank]], x: UnsafePointer<Float>, ldx: Int, tokens: Int
    ) {
        guard tokens > 0 else { return }
        var tasks: [(part: Int, first: Int, count: Int)] = []
        for (index, part) in parts.enumerated() {
            let width = max(32, ((part.matrix.out + 2 * team.threads - 1) / (2 * team.threads) + 3) / 4 * 4)
            for first in stride(from: 0, to: part.matrix.out, by: width) {
                tasks.append((index, first, min(width, part.matrix.out - first)))
            }
        }
        team.run(tasks.count) { task, thread in
            let (index, first, count) = tasks[task]
            let part = parts[index]
            var matrix = part.matrix.kernel
            let y = part.y + first
            let scratch = self.scratch[thread].pointer
            func call(_ bias: UnsafePointer<Float>?) {
                ck_matvec(
                    &matrix, Int64(first), Int64(count), Int64(tokens), x, Int64(ldx), y, Int64(part.ldy), bias,
                    part.accumulate ? 1 : 0, scratch)
            }
            if let bias = part.matrix.bias { bias.withUnsafeBufferPointer { call($0.baseAddress) } } else { call(nil) }
            for addition in lows[index] where addition.low.rank > 0 && !addition.tokens.isEmpty {
                self.add(addition, first: first, count: count, to: y, ldy: part.ldy, scratch)
            }
        }
    }

    /// Adds rows·factorᵀ to columns `first ..< first + count`; `y` points at column `first` of row 0.
    private func add(
        _ addition: RowsLowRank, first: Int, count: Int, to y: UnsafeMutablePointer<Float>, ldy: Int,
        _ panels: UnsafeMutablePointer<Float>
    ) {
        let low = addition.low
        let width = max(16, min(128, Int(CK_LINEAR_SCRATCH) / low.rank / 16 * 16))
        for column in stride(from: 0, to: count, by: width) {
            let columns = Int64(min(width, count - column))
            ck_pack_rows(
                columns, Int64(low.rank), low.factor + (first + column) * low.rank, Int64(low.rank), panels)
            ck_gemm_packed(
                Int64(addition.tokens.count), columns, Int64(low.rank), low.rows, Int64(low.stride), panels,
                y + addition.tokens.lowerBound * ldy + column, Int64(ldy), 1)
        }
    }

    /// One summand dy·W of an input gradient.
    package struct Backward {
        var matrix: WeightMatrix
        var dy: UnsafePointer<Float>
        var lddy: Int
        var low: LowRank?
        package init(_ matrix: WeightMatrix, dy: UnsafePointer<Float>, lddy: Int, low: LowRank? = nil) {
            self.matrix = matrix
            self.dy = dy
            self.lddy = lddy
            self.low = low
        }
    }

    /// dx = Σ dy·W over `parts`, which share their input; += when `accumulate`.
    package func inputGradient(
        _ parts: [Backward], dx: UnsafeMutablePointer<Float>, lddx: Int, tokens: Int, accumulate: Bool = false
    ) {
        guard let first = parts.first else { return }
        let inner = first.matrix.in
        let grain = parts.reduce(16) { max($0, Int($1.matrix.kernel.block_size)) }
        let width = block(inner, grain: grain)
        team.run((inner + width - 1) / width) { task, thread in
            let from = task * width
            let count = min(width, inner - from)
            for (index, part) in parts.enumerated() {
                var matrix = part.matrix.kernel
                withLow(part.low) {
                    ck_linear_input_gradient(
                        &matrix, Int64(from), Int64(count), Int64(tokens), part.dy, Int64(part.lddy), dx + from,
                        Int64(lddx), $0,
                        accumulate || index > 0 ? 1 : 0, self.scratch[thread].pointer)
                }
            }
        }
    }

    /// One weight gradient dW [out × in] += dyᵀ·x among several that share x.
    package struct WeightGradient {
        var dy: UnsafePointer<Float>
        var lddy: Int
        var out: Int
        var dw: UnsafeMutablePointer<Float>
        package init(dy: UnsafePointer<Float>, lddy: Int, out: Int, dw: UnsafeMutablePointer<Float>) {
            self.dy = dy
            self.lddy = lddy
            self.out = out
            self.dw = dw
        }
    }

    /// Adds every gradient of `parts`; each block of rows of dW is one task, so no two tasks write the same number.
    package func weightGradient(_ parts: [WeightGradient], x: UnsafePointer<Float>, ldx: Int, inner: Int, tokens: Int) {
        var tasks: [(part: Int, first: Int)] = []
        for (index, part) in parts.enumerated() {
            for first in stride(from: 0, to: part.out, by: 96) { tasks.append((index, first)) }
        }
        team.run(tasks.count) { task, thread in
            let (index, first) = tasks[task]
            let part = parts[index]
            ck_gemm_transposed(
                Int64(min(96, part.out - first)), Int64(inner), Int64(tokens), part.dy + first, Int64(part.lddy), x,
                Int64(ldx),
                part.dw + first * inner, Int64(inner), self.scratch[thread].pointer)
        }
    }

    // Blocks as wide as possible (they read x once each) that still keep every thread equally busy.
    private func block(_ columns: Int, grain: Int) -> Int {
        if grain > 128 { return grain }
        var best = grain
        var bestCost = Int.max
        for width in stride(from: 128 / grain * grain, through: grain, by: -grain) {
            let blocks = (columns + width - 1) / width
            let rounds = (blocks + team.threads - 1) / team.threads
            // A round costs its width and some fixed work for reading x.
            let cost = rounds * (width + 4)
            if cost < bestCost { (best, bestCost) = (width, cost) }
        }
        return best
    }
}

// The C side takes a pointer or NULL.
private func withLow(_ low: LowRank?, _ body: (UnsafePointer<ck_low_rank>?) -> Void) {
    guard let low else { return body(nil) }
    var value = ck_low_rank(rows: low.rows, row_stride: Int64(low.stride), factor: low.factor, rank: Int64(low.rank))
    withUnsafePointer(to: &value) { body($0) }
}
