/// The tokens of words seen before, in a table of fixed size that is emptied when full.
///
/// One encoder owns it at a time. Words are compared byte by byte, so a collision costs time and never a wrong token.
struct WordCache {
    private struct Slot {
        var hash: UInt32 = 0
        var wordStart: UInt32 = 0
        var wordLength: UInt16 = 0
        var tokenCount: UInt16 = 0
        /// Of a word of one token the token itself, else where its tokens begin.
        var tokens: Int32 = 0
    }

    /// The longest word that is kept, in bytes.
    static let longestWord = 96
    private static let slotBits = 15
    private static let probes = 8

    private var slots: [Slot]
    private var words: [UInt8] = []
    private var tokens: [Int32] = []
    private var used = 0

    init() { slots = [Slot](repeating: Slot(), count: 1 << Self.slotBits) }

    /// Appends the tokens of a known word to `output`; false when it is not known.
    @inline(__always)
    func append(_ word: UnsafePointer<UInt8>, _ count: Int, _ hash: UInt64, to output: inout [Int32]) -> Bool {
        let tag = UInt32(truncatingIfNeeded: hash >> 32) | 1
        var index = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        for _ in 0..<Self.probes {
            let slot = slots[index]
            if slot.hash == 0 { return false }
            if slot.hash == tag, Int(slot.wordLength) == count,
                words.withUnsafeBufferPointer({ ByteHash.equal($0, Int(slot.wordStart), word, count) })
            {
                if slot.tokenCount == 1 {
                    output.append(slot.tokens)
                } else {
                    output.append(contentsOf: tokens[Int(slot.tokens)..<Int(slot.tokens) + Int(slot.tokenCount)])
                }
                return true
            }
            index = (index + 1) & (slots.count - 1)
        }
        return false
    }

    /// Keeps the tokens of a word of at most `longestWord` bytes.
    mutating func insert(_ word: UnsafePointer<UInt8>, _ count: Int, _ hash: UInt64, tokens ids: [Int32]) {
        if used >= slots.count / 2 { removeAll() }
        var index = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        for _ in 0..<Self.probes {
            guard slots[index].hash == 0 else {
                index = (index + 1) & (slots.count - 1)
                continue
            }
            slots[index] = Slot(
                hash: UInt32(truncatingIfNeeded: hash >> 32) | 1, wordStart: UInt32(truncatingIfNeeded: words.count),
                wordLength: UInt16(truncatingIfNeeded: count), tokenCount: UInt16(truncatingIfNeeded: ids.count),
                tokens: ids.count == 1 ? ids[0] : Int32(truncatingIfNeeded: tokens.count))
            words.append(contentsOf: UnsafeBufferPointer(start: word, count: count))
            if ids.count != 1 { tokens.append(contentsOf: ids) }
            used += 1
            return
        }
    }

    private mutating func removeAll() {
        for index in slots.indices { slots[index] = Slot() }
        words.removeAll(keepingCapacity: true)
        tokens.removeAll(keepingCapacity: true)
        used = 0
    }
}
