/// Pieces by id and ids by piece: one block of bytes, and a hash table over it that never compares Swift strings
/// (two canonically equivalent strings are equal in Swift, and are two pieces here).
struct PieceTable: Sendable {
    private var bytes: [UInt8] = []
    private var starts: [UInt32] = [0]
    private var slots: [Int32]

    /// Makes a table that has room for `capacity` pieces.
    init(capacity: Int) {
        var size = 16
        while size < capacity * 2 { size *= 2 }
        slots = [Int32](repeating: -1, count: size)
        starts.reserveCapacity(capacity + 1)
        bytes.reserveCapacity(capacity * 7)
    }

    /// The number of pieces, findable or not.
    var count: Int { starts.count - 1 }

    /// Appends the next id's piece; one that is not `findable` has bytes but no way back from them.
    mutating func append(_ piece: some Collection<UInt8>, findable: Bool) {
        let id = Int32(truncatingIfNeeded: count)
        let start = bytes.count
        bytes.append(contentsOf: piece)
        starts.append(UInt32(truncatingIfNeeded: bytes.count))
        guard findable, bytes.count > start else { return }
        bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            let slot = slot(of: base + start, count: buffer.count - start)
            slots[slot] = id
        }
    }

    /// The bytes of a piece.
    func range(_ id: Int32) -> Range<Int> { Int(starts[Int(id)])..<Int(starts[Int(id) + 1]) }

    /// The bytes of a piece.
    subscript(id: Int32) -> ArraySlice<UInt8> { bytes[range(id)] }

    /// The id of the piece with these bytes, or -1. Of several, the last appended.
    @inline(__always)
    func find(_ key: UnsafePointer<UInt8>, _ count: Int) -> Int32 { slots[slot(of: key, count: count)] }

    /// The id of the piece with these bytes, or -1.
    func find(_ key: [UInt8]) -> Int32 {
        key.withUnsafeBufferPointer { buffer in buffer.baseAddress.map { find($0, buffer.count) } ?? -1 }
    }

    /// Calls `body` with the bytes of all pieces and where each begins.
    func withBytes<Result>(_ body: (UnsafePointer<UInt8>, UnsafePointer<UInt32>) -> Result?) -> Result? {
        bytes.withUnsafeBufferPointer { bytes in
            starts.withUnsafeBufferPointer { starts in
                guard let base = bytes.baseAddress, let first = starts.baseAddress else { return nil }
                return body(base, first)
            }
        }
    }

    /// The slot that holds the key, or the empty one where it would go. The table is at most half full, so one is
    /// found.
    @inline(__always)
    private func slot(of key: UnsafePointer<UInt8>, count: Int) -> Int {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: ByteHash.hash(key, count)) & mask
        while true {
            let id = slots[slot]
            if id < 0 { return slot }
            let start = Int(starts[Int(id)])
            if Int(starts[Int(id) + 1]) - start == count,
                bytes.withUnsafeBufferPointer({ ByteHash.equal($0, start, key, count) })
            {
                return slot
            }
            slot = (slot + 1) & mask
        }
    }
}
