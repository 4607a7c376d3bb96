import Foundation

/// Splits a stream of bytes into lines in constant memory; a line longer than `longest` is given as nil.
package struct LineReader {
    /// Longest line kept, in bytes.
    package static let longest = 16 << 20

    private var pending: [UInt8] = []
    private var tooLong = false
    private var first = true
    /// Lines seen so far.
    package private(set) var number = 0

    package init() {}

    /// Feeds bytes; `body` gets each whole line without its end (LF or CRLF), and its 1-based number.
    package mutating func push(_ bytes: UnsafeRawBufferPointer, _ body: (Int, [UInt8]?) throws -> Void) rethrows {
        var rest = bytes[...]
        while let end = rest.firstIndex(of: 10) {
            take(rest[..<end])
            try emit(body)
            rest = rest[(end + 1)...]
        }
        take(rest)
    }

    /// Gives the last line where the stream does not end with a line end.
    package mutating func finish(_ body: (Int, [UInt8]?) throws -> Void) rethrows {
        if !pending.isEmpty || tooLong { try emit(body) }
    }

    private mutating func take(_ bytes: Slice<UnsafeRawBufferPointer>) {
        if tooLong { return }
        if pending.count + bytes.count > Self.longest {
            tooLong = true
            pending = []
        } else {
            pending.append(contentsOf: bytes)
        }
    }

    private mutating func emit(_ body: (Int, [UInt8]?) throws -> Void) rethrows {
        number += 1
        defer {
            pending.removeAll(keepingCapacity: true)
            tooLong = false
        }
        if tooLong { return try body(number, nil) }
        if pending.last == 13 { pending.removeLast() }
        // A byte order mark is no part of the first row.
        if first, pending.starts(with: [0xEF, 0xBB, 0xBF]) { pending.removeFirst(3) }
        first = false
        try body(number, pending)
    }
}
