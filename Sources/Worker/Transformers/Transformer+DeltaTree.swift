import CKernels
import Tensors

/// Where the states of a packed tree are kept while a head of the gated delta rule goes over it.
///
/// Backward a head needs its state at every token. It is computed once more: forward from the root, keeping one state
/// every ``chunk`` tokens, and then from one of those to the next while the gradients are taken. A node begins with the
/// last state of the one above, which is there already.
struct DeltaPlan {
    static let chunk = Int(CK_DELTA_TOKENS)

    /// For each node that others go on from the place of its last state in its tree; -1 for others.
    private(set) var ends: [Int32] = []
    /// For each node the place in its tree of the state with which its second chunk begins.
    private(set) var chunks: [Int] = []
    /// The most states of either kind in a tree.
    private(set) var mostEnds = 0
    private(set) var mostChunks = 0

    init() {}

    init(_ tree: TokenTree) {
        ends = [Int32](repeating: -1, count: tree.nodes.count)
        chunks = [Int](repeating: 0, count: tree.nodes.count)
        for part in tree.trees {
            var (inner, count) = (0, 0)
            for index in part.nodes {
                let node = tree.nodes[index]
                chunks[index] = count
                count += max(0, Int(node.end - node.start) - 1) / Self.chunk
                let parent = part.nodes.lowerBound + Int(node.parent)
                if node.parent >= 0, ends[parent] < 0 {
                    ends[parent] = Int32(inner)
                    inner += 1
                }
            }
            mostEnds = max(mostEnds, inner)
            mostChunks = max(mostChunks, count)
        }
    }

    /// Floats of scratch that one head of `rule` needs.
    func scratch(_ rule: DeltaRule, training: Bool) -> Int {
        let states = training ? 2 + 2 * mostEnds + mostChunks : 1 + mostEnds
        return states * rule.headState + (training ? Int(ck_delta_scratch(Int64(rule.keySize))) : 0)
    }

    /// About how many bytes of it one token takes in training, for the budget of a micro-batch: a chunk's state, and as
    /// much again for where sequences part.
    static func bytesPerToken(_ rule: DeltaRule, threads: Int) -> Int {
        threads * 2 * rule.headState * MemoryLayout<Float>.stride / chunk
    }
}

extension Transformer {
    /// Every head of a layer over every sequence of a tree.
    func recurTree(_ layer: Int, _ tree: TokenTree, _ rule: DeltaRule, _ rows: DeltaRows, _ kept: Activations.Slot) {
        let size = rule.headState
        team.run(tree.trees.count * rule.valueHeads) { task, thread in
            let part = tree.trees[task / rule.valueHeads]
            let head = task % rule.valueHeads
            let state = self.deltaScratch[thread].pointer
            for index in part.nodes {
                let node = tree.nodes[index]
                self.begin(state, at: node, part, ends: state + size, size)
                self.recur(
                    head, rule, rows, row: Int(node.start), count: Int(node.end - node.start), state, kept)
                let end = Int(self.deltaPlan.ends[index])
                if end >= 0 { (state + (1 + end) * size).update(from: state, count: size) }
                // What sequences that end here are continued from.
                for sequence in self.stateSinks?.sequences[node.end - 1] ?? [] {
                    self.stateSinks?.cache.matrix(layer, sequence, head).update(from: state, count: size)
                }
            }
        }
    }

    /// The state before a node: its parent's last one, or none at all.
    private func begin(
        _ state: UnsafeMutablePointer<Float>, at node: ck_node, _ part: TokenTree.Tree,
        ends: UnsafeMutablePointer<Float>, _ size: Int
    ) {
        guard node.parent >= 0 else { return state.update(repeating: 0, count: size) }
        let end = Int(deltaPlan.ends[part.nodes.lowerBound + Int(node.parent)])
        state.update(from: ends + end * size, count: size)
    }

    /// The gradients of all that the rule was given, from those of its output in ``Activations/dAttention``. The heads
    /// of values that share one of keys are one task, so that their gradients add up in their order.
    func recurTreeBackward(_ tree: TokenTree, _ rule: DeltaRule, _ rows: DeltaRows, _ dRows: DeltaRows) {
        team.run(tree.trees.count * rule.keyHeads) { task, thread in
            let part = tree.trees[task / rule.keyHeads]
            let keyHead = task % rule.keyHeads
            for t in part.tokens {
                let row = dRows.mixed + t * rule.mixedWidth + keyHead * rule.keySize
                row.update(repeating: 0, count: rule.keySize)
                (row + rule.keyWidth).update(repeating: 0, count: rule.keySize)
            }
            for member in 0..<rule.group {
                self.recurBackward(
                    rule.valueHead(keyHead, member), keyHead, tree, part, rule, rows, dRows,
                    scratch: self.deltaScratch[thread].pointer)
            }
        }
    }

    /// One head of values over one tree: forward, keeping a state for each chunk, then backward from the last node.
    private func recurBackward(
        _ index: Int, _ keyHead: Int, _ tree: TokenTree, _ part: TokenTree.Tree, _ rule: DeltaRule, _ rows: DeltaRows,
        _ dRows: DeltaRows, scratch: UnsafeMutablePointer<Float>
    ) {
        let size = rule.headState
        let (state, none) = (scratch, scratch + size)
        let ends = none + size
        let dEnds = ends + deltaPlan.mostEnds * size
        let chunks = dEnds + deltaPlan.mostEnds * size
        let kernel = chunks + deltaPlan.mostChunks * size
        none.update(repeating: 0, count: size)
        dEnds.update(repeating: 0, count: deltaPlan.mostEnds * size)
        /// The place of the last state of the node above, or its gradient's.
        func above(_ node: ck_node) -> Int {
            node.parent < 0 ? -1 : Int(deltaPlan.ends[part.nodes.lowerBound + Int(node.parent)])
        }
        /// The state with which a node's chunk begins.
        func start(_ place: Int, _ number: Int) -> UnsafeMutablePointer<Float> {
            if number > 0 { return chunks + (deltaPlan.chunks[place] + number - 1) * size }
            let end = above(tree.nodes[place])
            return end < 0 ? none : ends + end * size
        }
        for place in part.nodes {
            let node = tree.nodes[place]
            let end = Int(deltaPlan.ends[place])
            begin(state, at: node, part, ends: ends, size)
            for (number, first) in stride(from: Int(node.start), to: Int(node.end), by: DeltaPlan.chunk).enumerated() {
                if number > 0 { start(place, number).update(from: state, count: size) }
                // Nobody goes on from the end of a leaf.
                if end < 0, first + DeltaPlan.chunk >= Int(node.end) { break }
                var head = head(
                    index, rule, rows, row: first, count: min(DeltaPlan.chunk, Int(node.end) - first))
                ck_delta_forward(&head, state, nil, 0)
            }
            if end >= 0 { (ends + end * size).update(from: state, count: size) }
        }
        let dState = state
        for place in part.nodes.reversed() {
            let node = tree.nodes[place]
            let own = Int(deltaPlan.ends[place])
            if own >= 0 {
                dState.update(from: dEnds + own * size, count: size)
            } else {
                dState.update(repeating: 0, count: size)
            }
            let starts = stride(from: Int(node.start), to: Int(node.end), by: DeltaPlan.chunk).enumerated()
            for (number, first) in starts.reversed() {
                var head = head(
                    index, rule, rows, row: first, count: min(DeltaPlan.chunk, Int(node.end) - first))
                let (dRow, dGates) = (dRows.mixed + first * rule.mixedWidth, dRows.gates + first * 2 * rule.valueHeads)
                ck_delta_backward(
                    &head, start(place, number),
                    activations.dAttention + first * rule.valueWidth + index * rule.valueSize, Int64(rule.valueWidth),
                    dState, dRow + keyHead * rule.keySize, dRow + rule.keyWidth + keyHead * rule.keySize,
                    dRow + 2 * rule.keyWidth + index * rule.valueSize, Int64(rule.mixedWidth), dGates + index,
                    dGates + rule.valueHeads + index, kernel)
            }
            let end = above(node)
            if end >= 0 { ck_add_scaled(Int64(size), 1, dState, dEnds + end * size) }
        }
    }
}
