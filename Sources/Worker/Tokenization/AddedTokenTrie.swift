/// Finds added tokens in text: a trie over bytes in one hash table.
struct AddedTokenTrie: Sendable {
    private var edges = PairTable(capacity: 8)
    private var terminal: [Int32] = [-1]
    private var firstBytes = [Bool](repeating: false, count: 256)
    private(set) var isEmpty = true

    /// Adds a token's bytes; `index` names it among the added tokens.
    mutating func insert(_ content: some Collection<UInt8>, index: Int32) {
        guard let first = content.first else { return }
        firstBytes[Int(first)] = true
        isEmpty = false
        var node: Int32 = 0
        for byte in content {
            let found = edges.find(node, Int32(byte)).merged
            if found >= 0 {
                node = found
            } else {
                let made = Int32(truncatingIfNeeded: terminal.count)
                terminal.append(-1)
                edges.set(node, Int32(byte), PairTable.Merge(priority: 0, merged: made))
                node = made
            }
        }
        terminal[Int(node)] = index
    }

    /// Whether a token begins with this byte.
    @inline(__always)
    func begins(_ byte: UInt8) -> Bool { firstBytes[Int(byte)] }

    /// The longest token at `start` that `accepts` takes, given its index and end.
    @inline(__always)
    func longest(
        _ text: UnsafePointer<UInt8>, _ start: Int, _ end: Int, accepts: (Int, Int) -> Bool
    ) -> (index: Int, end: Int)? {
        var node: Int32 = 0
        var position = start
        var best: (index: Int, end: Int)?
        while position < end {
            node = edges.find(node, Int32(text[position])).merged
            if node < 0 { break }
            position += 1
            let index = Int(terminal[Int(node)])
            if index >= 0, accepts(index, position) { best = (index, position) }
        }
        return best
    }
}
