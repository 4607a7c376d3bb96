/// Merges the symbols of one word: the pair of least priority first, of equals the leftmost, until none merges.
///
/// Short words are searched anew for each merge; long ones use a queue over a linked list, so that a run of n symbols
/// costs n log n.
struct Merger {
    private struct Candidate {
        var priority: UInt64
        var position: Int
        var left: Int32
        var right: Int32
        var merged: Int32

        func precedes(_ other: Candidate) -> Bool {
            priority != other.priority ? priority < other.priority : position < other.position
        }
    }

    /// The longest word that is searched anew for each merge.
    static let shortWord = 40

    /// The symbols of the word; after `merge`, its tokens.
    var symbols: [Int32] = []
    private var pairs: [PairTable.Merge] = []
    private var next: [Int] = []
    private var previous: [Int] = []
    private var heap: [Candidate] = []

    /// Merges `symbols` in place.
    mutating func merge(_ table: borrowing PairTable) {
        if symbols.count < 2 { return }
        if symbols.count <= Self.shortWord { mergeShort(table) } else { mergeLong(table) }
    }

    private mutating func mergeShort(_ table: borrowing PairTable) {
        pairs.removeAll(keepingCapacity: true)
        for index in 0..<symbols.count - 1 { pairs.append(table.find(symbols[index], symbols[index + 1])) }
        while true {
            var best = PairTable.none
            var at = -1
            for index in pairs.indices where pairs[index].priority < best {
                best = pairs[index].priority
                at = index
            }
            guard at >= 0 else { return }
            symbols[at] = pairs[at].merged
            symbols.remove(at: at + 1)
            pairs.remove(at: at)
            if at > 0 { pairs[at - 1] = table.find(symbols[at - 1], symbols[at]) }
            if at < pairs.count { pairs[at] = table.find(symbols[at], symbols[at + 1]) }
        }
    }

    private mutating func mergeLong(_ table: borrowing PairTable) {
        let count = symbols.count
        next = Array(1...count)
        previous = Array(-1..<count - 1)
        heap.removeAll(keepingCapacity: true)
        for index in 0..<count - 1 { push(index, index + 1, table) }
        while let best = pop() {
            let position = best.position
            let after = next[position]
            // Stale entries name symbols that are no longer there.
            guard symbols[position] == best.left, after < count, symbols[after] == best.right else { continue }
            symbols[position] = best.merged
            symbols[after] = -1
            let following = next[after]
            next[position] = following
            if following < count {
                previous[following] = position
                push(position, following, table)
            }
            if previous[position] >= 0 { push(previous[position], position, table) }
        }
        symbols.removeAll { $0 < 0 }
    }

    private mutating func push(_ left: Int, _ right: Int, _ table: borrowing PairTable) {
        let merge = table.find(symbols[left], symbols[right])
        guard merge.priority != PairTable.none else { return }
        var item = heap.count
        let candidate = Candidate(
            priority: merge.priority, position: left, left: symbols[left], right: symbols[right], merged: merge.merged)
        heap.append(candidate)
        while item > 0 {
            let parent = (item - 1) >> 1
            guard candidate.precedes(heap[parent]) else { break }
            heap[item] = heap[parent]
            item = parent
        }
        heap[item] = candidate
    }

    private mutating func pop() -> Candidate? {
        guard let top = heap.first, let last = heap.popLast() else { return nil }
        guard !heap.isEmpty else { return top }
        var item = 0
        while true {
            var child = item * 2 + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1].precedes(heap[child]) { child += 1 }
            guard heap[child].precedes(last) else { break }
            heap[item] = heap[child]
            item = child
        }
        heap[item] = last
        return top
    }
}
