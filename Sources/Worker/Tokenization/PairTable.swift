/// What two neighbouring pieces merge to, and how soon: an open hash table from a pair of ids.
struct PairTable: Sendable {
    /// A merge: the smaller the priority, the sooner.
    struct Merge: Sendable {
        var priority: UInt64
        var merged: Int32
    }

    /// The priority of a pair that does not merge.
    static let none = UInt64.max

    private static let empty = UInt64.max
    private var keys: [UInt64]
    private var values: [Merge]
    private(set) var count = 0

    init(capacity: Int) {
        var size = 16
        while size < capacity * 2 { size *= 2 }
        keys = [UInt64](repeating: Self.empty, count: size)
        values = [Merge](repeating: Merge(priority: Self.none, merged: -1), count: size)
    }

    @inline(__always)
    private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }

    /// Sets the merge of a pair; a later one replaces an earlier one. Growing keeps the table at most half full.
    mutating func set(_ left: Int32, _ right: Int32, _ merge: Merge) {
        if (count + 1) * 2 > keys.count { grow() }
        let key = Self.key(left, right)
        let slot = slot(key)
        if keys[slot] == Self.empty {
            keys[slot] = key
            count += 1
        }
        values[slot] = merge
    }

    /// The merge of a pair; its priority is `none` where the pair has no merge.
    @inline(__always)
    func find(_ left: Int32, _ right: Int32) -> Merge { values[slot(Self.key(left, right))] }

    /// All pairs that merge, the soonest first.
    func pairsByPriority() -> [(left: Int32, right: Int32)] {
        let used = keys.indices.filter { keys[$0] != Self.empty }
        return used.sorted { values[$0].priority < values[$1].priority }.map { slot in
            (Int32(truncatingIfNeeded: keys[slot] >> 32), Int32(truncatingIfNeeded: keys[slot]))
        }
    }

    @inline(__always)
    private func slot(_ key: UInt64) -> Int {
        let mask = keys.count - 1
        var slot = Int(truncatingIfNeeded: ByteHash.mix(key ^ 0x9E37_79B9_7F4A_7C15)) & mask
        while true {
            let found = keys[slot]
            if found == key || found == Self.empty { return slot }
            slot = (slot + 1) & mask
        }
    }

    private mutating func grow() {
        var larger = PairTable(capacity: keys.count)
        for (index, key) in keys.enumerated() where key != Self.empty {
            let slot = larger.slot(key)
            larger.keys[slot] = key
            larger.values[slot] = values[index]
        }
        larger.count = count
        self = larger
    }
}
