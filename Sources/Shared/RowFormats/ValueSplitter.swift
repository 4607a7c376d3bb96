import Nouns

/// Cuts JSON values apart that follow each other, whatever lies between them: objects printed over several lines, or
/// lines that end with CR alone.
struct ValueSplitter: RecordSplitter {
    private var pending: [UInt8] = []
    private var isTooLong = false
    private var depth = 0
    private var isText = false
    private var isEscaped = false
    private var line = 1
    private var beginning = 1

    mutating func push(_ bytes: UnsafeRawBufferPointer, _ body: (Record) throws -> Void) throws {
        for byte in bytes {
            defer { if byte == 10 { line += 1 } }
            if depth == 0, !isText {
                // Commas between objects are of a list whose brackets were lost.
                if [32, 9, 10, 13, UInt8(ascii: ",")].contains(byte) {
                    if !pending.isEmpty { try emit(body) }
                    continue
                }
                if pending.isEmpty { beginning = line }
            }
            keep(byte)
            if isText {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isText = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isText = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth <= 0 {
                    depth = 0
                    try emit(body)
                }
            default: break
            }
        }
    }

    mutating func finish(_ body: (Record) throws -> Void) throws {
        if !pending.isEmpty || isTooLong { try emit(body) }
    }

    private mutating func keep(_ byte: UInt8) {
        if isTooLong { return }
        if pending.count == RecordLimits.longest {
            isTooLong = true
            pending = []
        } else {
            pending.append(byte)
        }
    }

    private mutating func emit(_ body: (Record) throws -> Void) throws {
        defer {
            pending.removeAll(keepingCapacity: true)
            isTooLong = false
        }
        if pending.starts(with: [0xEF, 0xBB, 0xBF]) { pending.removeFirst(3) }
        try body(
            isTooLong ? RecordLimits.tooLong(beginning, what: "object") : Record(line: beginning, body: .json(pending)))
    }
}
