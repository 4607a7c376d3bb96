import Nouns

/// A JSON value that is collected byte by byte as it streams by: its bytes, within the longest that a record may be,
/// and how deep its brackets go. Whether it is sound JSON is for its reader to say.
struct JSONCollector {
    private var bytes: [UInt8] = []
    private var isTooLong = false
    private var isEscaped = false
    /// Whether the next byte is within a text.
    private(set) var isText = false
    /// Brackets that are open.
    private(set) var depth = 0
    /// The line on which it began.
    private var beginning = 1

    /// Whether nothing was taken since the last record.
    var isEmpty: Bool { bytes.isEmpty && !isTooLong }

    /// Takes a byte that lies on `line`.
    mutating func take(_ byte: UInt8, line: Int) {
        if isEmpty { beginning = line }
        if isText {
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isText = false
            }
        } else {
            switch byte {
            case UInt8(ascii: "\""): isText = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            // One that closes nothing is for the reader to find.
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth = max(0, depth - 1)
            default: break
            }
        }
        if isTooLong { return }
        if bytes.count == RecordLimits.longest {
            isTooLong = true
            bytes = []
        } else {
            bytes.append(byte)
        }
    }

    /// The record that was collected; begins anew.
    ///
    /// - Parameter what: what it is called where it is too long.
    mutating func record(_ what: String) -> Record {
        defer {
            bytes.removeAll(keepingCapacity: true)
            isTooLong = false
            (isText, isEscaped, depth) = (false, false, 0)
        }
        if isTooLong { return RecordLimits.tooLong(beginning, what: what) }
        // The mark of a file that was put behind another.
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
        return Record(line: beginning, body: .json(bytes))
    }
}
