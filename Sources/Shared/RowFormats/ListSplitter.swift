import Nouns

/// Cuts the elements of one JSON list apart as they stream by; whether each is sound JSON is for its reader to say.
///
/// The list may be the one member of an object, as `{"data": [ … ]}`.
struct ListSplitter: RecordSplitter {
    private enum Place {
        /// Before the opening bracket.
        case start
        /// Where an element or the closing bracket may come.
        case element
        /// Inside an element.
        case inside
        /// Behind the closing bracket.
        case end
    }

    private let isWrapped: Bool
    private var place = Place.start
    private var element = JSONCollector()
    private var line = 1
    /// Whether the object around the list was closed.
    private var isClosed = false
    /// Whether a comma came after the last element, so that another must follow.
    private var owesElement = false

    /// - Parameter isWrapped: whether the list is the member of an object.
    init(isWrapped: Bool = false) { self.isWrapped = isWrapped }

    mutating func push(_ bytes: UnsafeRawBufferPointer, _ body: (Record) throws -> Void) throws {
        for byte in bytes {
            defer { if byte == 10 { line += 1 } }
            switch place {
            case .start:
                if Self.isSpace(byte) || isWrapped && byte != UInt8(ascii: "[") { continue }
                guard byte == UInt8(ascii: "[") else { throw damaged("it does not begin with [") }
                place = .element
            case .element:
                if Self.isSpace(byte) { continue }
                if byte == UInt8(ascii: "]") {
                    guard !owesElement else { throw damaged("an element is missing between a comma and ]") }
                    place = .end
                    continue
                }
                guard byte != UInt8(ascii: ",") else { throw damaged("an element is missing before a comma") }
                place = .inside
                try inside(byte, body)
            case .inside: try inside(byte, body)
            case .end:
                if Self.isSpace(byte) { continue }
                guard isWrapped, byte == UInt8(ascii: "}"), !isClosed else {
                    throw damaged(
                        isWrapped && !isClosed
                            ? "it lies in an object that has more than the list" : "there is more after the closing ]")
                }
                isClosed = true
            }
        }
    }

    mutating func finish(_ body: (Record) throws -> Void) throws {
        switch place {
        case .end: return
        case .start: return
        case .element, .inside: throw damaged("the file ends before the closing ]")
        }
    }

    private mutating func inside(_ byte: UInt8, _ body: (Record) throws -> Void) throws {
        guard element.depth == 0, !element.isText else { return element.take(byte, line: line) }
        switch byte {
        case UInt8(ascii: "}"): throw damaged("a } closes nothing")
        case UInt8(ascii: "]"):
            try body(element.record("element"))
            owesElement = false
            place = .end
        case UInt8(ascii: ","):
            try body(element.record("element"))
            owesElement = true
            place = .element
        default: element.take(byte, line: line)
        }
    }

    private func damaged(_ problem: String) -> Failure {
        Failure(
            code: "intake.damaged_list", "The file begins as a JSON list, but \(problem).", at: "line \(line)",
            remedy: "Write one whole JSON list of objects, or one JSON object a line.")
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 || byte == 10 || byte == 13 }
}
