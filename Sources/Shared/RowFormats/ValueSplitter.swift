/// Cuts JSON values apart that follow each other, whatever lies between them: objects printed over several lines, or
/// lines that end with CR alone.
struct ValueSplitter: RecordSplitter {
    private var value = JSONCollector()
    private var line = 1

    mutating func push(_ bytes: UnsafeRawBufferPointer, _ body: (Record) throws -> Void) throws {
        for byte in bytes {
            defer { if byte == 10 { line += 1 } }
            if value.depth == 0, !value.isText {
                // Commas between objects are of a list whose brackets were lost.
                if [32, 9, 10, 13, UInt8(ascii: ",")].contains(byte) {
                    if !value.isEmpty { try body(value.record("object")) }
                    continue
                }
            }
            let wasText = value.isText
            value.take(byte, line: line)
            if !wasText, value.depth == 0, byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") {
                try body(value.record("object"))
            }
        }
    }

    mutating func finish(_ body: (Record) throws -> Void) throws {
        if !value.isEmpty { try body(value.record("object")) }
    }
}
