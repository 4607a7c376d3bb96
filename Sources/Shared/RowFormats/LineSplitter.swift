import Foundation

/// Cuts JSON lines apart. Ends of lines are LF or CRLF; blank lines are no records.
struct LineSplitter: RecordSplitter {
    private var pending: [UInt8] = []
    private var isTooLong = false
    private var line = 0

    mutating func push(_ bytes: UnsafeRawBufferPointer, _ body: (Record) throws -> Void) throws {
        guard let base = bytes.baseAddress else { return }
        var start = 0
        while let found = memchr(base + start, 10, bytes.count - start) {
            let end = UnsafeRawPointer(found) - base
            take(bytes[start..<end])
            try emit(body)
            start = end + 1
            guard start < bytes.count else { return }
        }
        take(bytes[start...])
    }

    mutating func finish(_ body: (Record) throws -> Void) throws {
        if !pending.isEmpty || isTooLong { try emit(body) }
    }

    private mutating func take(_ bytes: Slice<UnsafeRawBufferPointer>) {
        if isTooLong { return }
        if pending.count + bytes.count > RecordLimits.longest {
            isTooLong = true
            pending = []
        } else {
            pending.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes))
        }
    }

    private mutating func emit(_ body: (Record) throws -> Void) throws {
        line += 1
        defer {
            pending.removeAll(keepingCapacity: true)
            isTooLong = false
        }
        if isTooLong { return try body(RecordLimits.tooLong(line, what: "line")) }
        if pending.allSatisfy({ $0 == 32 || $0 == 9 || $0 == 13 }) { return }
        if pending.last == 13 { pending.removeLast() }
        // Files that were put behind each other have their byte order marks in the middle.
        if pending.starts(with: [0xEF, 0xBB, 0xBF]) { pending.removeFirst(3) }
        try body(Record(line: line, body: .json(pending)))
    }
}
