import CKernels

/// One example as training and scoring see it.
package struct TokenSequence: Sendable, Hashable {
    package var ids: [Int32]
    /// Loss weight of each token as a target (0: not trained); the first token can never be one.
    package var weights: [Float]

    package init(ids: [Int32], weights: [Float]) {
        self.ids = ids
        self.weights = weights
    }

    /// Tokens that carry a label.
    package var labels: Int { zip(ids.indices, weights).reduce(0) { $0 + ($1.0 > 0 && $1.1 != 0 ? 1 : 0) } }
}

/// One prediction that the loss looks at.
package struct LabelSite: Sendable, Hashable {
    /// The token of the stream whose output predicts.
    package var token: Int32
    package var target: Int32
    package var weight: Float
    /// Index of the sequence in the batch that the stream was built from.
    package var sequence: Int32
}

/// Sequences packed without padding into one stream of tokens. Sequences that begin alike share one copy of the
/// beginning.
///
/// The stream is a forest of nodes in depth-first order. A token attends to the earlier tokens of its node and to all
/// tokens of the nodes above, which is exactly its own sequence up to it; so losses and gradients equal those of
/// separate sequences.
package struct TokenTree: Sendable {
    /// Nodes of one tree: they share at least the root's tokens.
    package struct Tree: Sendable {
        package var nodes: Range<Int>
        /// One more than the deepest position.
        package var depth: Int
        package var tokens: Range<Int>
    }

    package private(set) var tokens: [Int32] = []
    package private(set) var positions: [Int32] = []
    /// `parent` counts from the tree's first node.
    package private(set) var nodes: [ck_node] = []
    package private(set) var trees: [Tree] = []
    package private(set) var labels: [LabelSite] = []
    /// Tokens of the sequences before sharing.
    package private(set) var sequenceTokens = 0
    /// For each sequence, the stream's token at its end.
    package private(set) var lastTokens: [Int32]

    /// Prefixes shorter than this are not worth a node of their own; see `short` of ``init(_:sharing:trimmed:short:)``.
    static let shortestShared = 8
    // The attention kernel walks a path of at most 64 nodes.
    static let longestPath = 60

    /// Packs `sequences`; with `sharing` off every sequence is a tree of its own, in the order given.
    ///
    /// - Parameter trimmed: leave out the tokens that no label follows: they cost a forward and backward pass and
    ///   change nothing.
    ///   ``lastTokens`` then tells the last token that was kept.
    ///   - short: share beginnings however short. A node of fewer tokens than are worth one is joined by those below
    ///   it, so that what attention sums is the same to the last bit as without it.
    package init(_ sequences: [TokenSequence], sharing: Bool = true, trimmed: Bool = false, short: Bool = false) {
        let inputs = sequences.map { sequence in
            trimmed ? Array(sequence.ids[..<(sequence.weights.lastIndex { $0 != 0 } ?? 0)]) : sequence.ids
        }
        lastTokens = [Int32](repeating: 0, count: sequences.count)
        sequenceTokens = sequences.reduce(0) { $0 + $1.ids.count }
        if sharing {
            let order = sequences.indices.filter { !inputs[$0].isEmpty }
                .sorted { Self.precedes(inputs[$0], inputs[$1]) }
            var builder = Builder(sequences: sequences, inputs: inputs, short: short, tree: self)
            for group in builder.groups(order[...], at: 0) { builder.tree(group) }
            self = builder.result
        } else {
            var builder = Builder(sequences: sequences, inputs: inputs, short: false, tree: self)
            for index in sequences.indices where !inputs[index].isEmpty { builder.tree([index][...]) }
            self = builder.result
        }
    }

    /// The same stream with each label's weight multiplied by the factor of its sequence; labels without weight are
    /// left out.
    package func weighed(by factors: [Float]) -> TokenTree {
        var tree = self
        tree.labels = labels.compactMap { site in
            var site = site
            site.weight *= factors[Int(site.sequence)]
            return site.weight == 0 ? nil : site
        }
        return tree
    }

    /// The deepest position of any tree, plus one.
    package var depth: Int { trees.reduce(0) { max($0, $1.depth) } }

    /// Lexicographic order that breaks ties by length, so that sequences with a common beginning are neighbours.
    package static func precedes(_ left: [Int32], _ right: [Int32]) -> Bool {
        let shared = commonPrefix(left, right)
        if shared == left.count || shared == right.count { return left.count < right.count }
        return left[shared] < right[shared]
    }

    /// How many tokens two sequences have in common at their beginning.
    package static func commonPrefix(_ left: [Int32], _ right: [Int32]) -> Int {
        let count = min(left.count, right.count)
        var index = 0
        while index < count, left[index] == right[index] { index += 1 }
        return index
    }

    private struct Builder {
        let sequences: [TokenSequence]
        /// The tokens of each sequence that go into the stream.
        let inputs: [[Int32]]
        let short: Bool
        var result: TokenTree
        // Where the path above the present node lies in the stream: the token at each depth.
        var path: [Int32] = []

        init(sequences: [TokenSequence], inputs: [[Int32]], short: Bool, tree: TokenTree) {
            self.sequences = sequences
            self.inputs = inputs
            self.short = short
            result = tree
        }

        /// Neighbours whose token at `depth` is the same; those that end there are groups of their own.
        func groups(_ order: ArraySlice<Int>, at depth: Int) -> [ArraySlice<Int>] {
            var groups: [ArraySlice<Int>] = []
            var from = order.startIndex
            while from < order.endIndex {
                let ids = inputs[order[from]]
                var to = from + 1
                if depth < ids.count {
                    while to < order.endIndex, depth < inputs[order[to]].count, inputs[order[to]][depth] == ids[depth] {
                        to += 1
                    }
                }
                groups.append(order[from..<to])
                from = to
            }
            return groups
        }

        mutating func tree(_ order: ArraySlice<Int>) {
            let firstNode = result.nodes.count
            let firstToken = result.tokens.count
            path = []
            place(order, from: 0, begun: 0, parent: -1, firstNode: firstNode, level: 0)
            let nodes = firstNode..<result.nodes.count
            let depth = nodes.reduce(0) {
                max($0, Int(result.nodes[$1].depth + result.nodes[$1].end - result.nodes[$1].start))
            }
            result.trees.append(Tree(nodes: nodes, depth: depth, tokens: firstToken..<result.tokens.count))
        }

        /// Places sequences that agree below `from`, where what lies below it is placed already; `begun` is where the
        /// stretch began that the next node is part of: before `from` where the nodes above are too short to end one.
        private mutating func place(
            _ order: ArraySlice<Int>, from: Int, begun: Int, parent: Int, firstNode: Int, level: Int
        ) {
            guard let first = order.first, let last = order.last else { return }
            guard order.count > 1, level < TokenTree.longestPath - 1 else {
                for index in order { leaf(index, from: from, begun: begun, parent: parent, firstNode: firstNode) }
                return
            }
            let shared = TokenTree.commonPrefix(inputs[first], inputs[last])
            let isLong = shared - begun >= TokenTree.shortestShared
            var (start, next, above) = (from, begun, parent)
            if isLong || short, shared > from {
                above = node(
                    Array(inputs[first][from..<shared]), depth: from, joined: begun < from, parent: parent,
                    firstNode: firstNode)
                start = shared
                if isLong { next = shared }
            }
            for group in groups(order, at: shared) {
                if group.count == 1 {
                    for index in group {
                        leaf(index, from: start, begun: next, parent: above, firstNode: firstNode)
                    }
                } else {
                    place(
                        group, from: start, begun: next, parent: above, firstNode: firstNode,
                        level: above == parent ? level : level + 1)
                }
            }
            path.removeLast(start - from)
        }

        private mutating func leaf(_ index: Int, from: Int, begun: Int, parent: Int, firstNode: Int) {
            let sequence = sequences[index]
            let rest = Array(inputs[index][from...])
            if !rest.isEmpty {
                _ = node(rest, depth: from, joined: begun < from, parent: parent, firstNode: firstNode)
            }
            for position in 1..<max(1, min(sequence.ids.count, inputs[index].count + 1))
            where sequence.weights[position] != 0 {
                result.labels.append(
                    LabelSite(
                        token: path[position - 1], target: sequence.ids[position], weight: sequence.weights[position],
                        sequence: Int32(index)))
            }
            result.lastTokens[index] = path[inputs[index].count - 1]
            path.removeLast(rest.count)
        }

        private mutating func node(_ ids: [Int32], depth: Int, joined: Bool, parent: Int, firstNode: Int) -> Int {
            let start = result.tokens.count
            for (offset, id) in ids.enumerated() {
                result.tokens.append(id)
                result.positions.append(Int32(depth + offset))
                path.append(Int32(start + offset))
            }
            result.nodes.append(
                ck_node(
                    start: Int32(start), end: Int32(start + ids.count), parent: Int32(parent), depth: Int32(depth),
                    joined: joined ? 1 : 0))
            return result.nodes.count - 1 - firstNode
        }
    }
}
